import type { Command } from '../command.ts';
import { adopt } from './adopt.ts';
import { attach } from './attach.ts';
import { cancel } from './cancel.ts';
import { check } from './check.ts';
import { collection } from './collection.ts';
import { demo } from './demo.ts';
import { fetch } from './fetch.ts';
import { ledger } from './ledger.ts';
import { logs } from './logs.ts';
import { plan } from './plan.ts';
import { report } from './report.ts';
import { resume } from './resume.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { schema } from './schema.ts';
import { show } from './show.ts';
import { site } from './site.ts';
import { status } from './status.ts';
import { tool } from './tool.ts';
import { trace } from './trace.ts';
import { why } from './why.ts';

/** In the order in which a newcomer meets them. */
export const commands: readonly Command[] = [
  demo,
  collection,
  check,
  plan,
  run,
  resume,
  attach,
  cancel,
  adopt,
  fetch,
  runs,
  status,
  show,
  logs,
  why,
  trace,
  report,
  site,
  tool,
  schema,
  ledger,
];
