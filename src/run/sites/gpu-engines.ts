import type { SiteCheck } from './site-check.ts';

/**
 * Lines of a job's script that say what a GPU node offers to engines: NVIDIA's driver and the CUDA it knows, the drivers
 * for Vulkan (`ICD` files) and its loader. Each prints `name=value`; where a program is missing the value is empty.
 */
export const gpuScript: readonly string[] = [
  'echo "smi=$(nvidia-smi 2>&1 | grep -m 1 -e "Driver Version" -e "NVIDIA-SMI has failed" -e "couldn.t")"',
  'echo "icds=$(ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null | tr "\\n" " ")"',
  'echo "loader=$( { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -c libvulkan.so.1)"',
];

/** The driver that CUDA 12 needs, as the descriptors of the tools say for the engine cupy. */
export const driverForCupy = 525;

/** Which engines a GPU node can run, from what `gpuScript` printed. */
export function gpuEngines(seen: ReadonlyMap<string, string>): readonly SiteCheck[] {
  return [cupyCheck(parseSmi(seen.get('smi') ?? '')), webgpuCheck(seen)];
}

interface Driver {
  readonly version: string;
  readonly cuda: string;
}

/**
 * The head line of `nvidia-smi`, as its manual shows it: `NVIDIA-SMI 535.129.03  Driver Version: 535.129.03  CUDA Version: 12.2`.
 * Undefined where there is no driver.
 */
export function parseSmi(line: string): Driver | undefined {
  const version = /Driver Version:\s*(\d+(?:\.\d+)*)/.exec(line)?.[1];
  if (version === undefined) return undefined;
  return { version, cuda: /CUDA Version:\s*(\d+(?:\.\d+)*)/.exec(line)?.[1] ?? 'unknown' };
}

function cupyCheck(driver: Driver | undefined): SiteCheck {
  const what = 'engine cupy';
  if (driver === undefined)
    return {
      what,
      is: 'warning',
      seen: 'nvidia-smi names no driver on the node',
      mend: 'it needs an NVIDIA GPU and driver: leave `cupy` out of `engines`',
    };
  const seen = `driver ${driver.version}, CUDA ${driver.cuda}`;
  if (Number.parseInt(driver.version, 10) >= driverForCupy) return { what, is: 'ok', seen, mend: '' };
  const mend = `CUDA 12 needs driver ${driverForCupy} or later: ask the facility, or leave \`cupy\` out of \`engines\``;
  return { what, is: 'warning', seen, mend };
}

/** The container brings the loader; the driver's part must come from the node. */
function webgpuCheck(seen: ReadonlyMap<string, string>): SiteCheck {
  const icds = (seen.get('icds') ?? '').split(' ').filter((file) => file !== '');
  const hardware = icds.filter((file) => !/lvp|swrast|llvmpipe/.test(file));
  const names = icds.map((file) => file.replace(/^.*\//, '').replace(/(_icd)?\.json$/, ''));
  const loader = Number(seen.get('loader') ?? 0) > 0 ? 'a loader' : 'no loader';
  const ok = hardware.length > 0;
  return {
    what: 'engine webgpu',
    is: ok ? 'ok' : 'warning',
    seen: `Vulkan: ${names.join(' ') || 'no driver'}, ${loader}`,
    mend: ok ? '' : 'the node has no Vulkan driver of a GPU (compute-only installation?): use `cupy` there',
  };
}
