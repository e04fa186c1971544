// Promises about faults: each row of docs/reliability.md names one or more of these, or one of list.mjs.

import { defectMutants } from './defects-of-others.mjs';
import { inputMutants } from './faults-input.mjs';
import { laptopMutants } from './faults-laptop.mjs';
import { schedulerMutants } from './faults-scheduler.mjs';

export const faultMutants = [...schedulerMutants, ...laptopMutants, ...inputMutants, ...defectMutants];
