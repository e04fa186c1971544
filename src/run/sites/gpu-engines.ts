import type { SiteCheck } from './site-check.ts';

/**
 * Lines of a job's script that say what a GPU node offers to engines: NVIDIA's driver and the CUDA it knows, the drivers
 * for Vulkan (`ICD` files), whose GPUs the kernel hands out to us, by the PCI number of the vendor, and Vulkan's loader. Each
 * prints `name=value`; where a program is missing the value is empty.
 */
export const gpuScript: readonly string[] = [
  'echo "smi=$(nvidia-smi 2>&1 | grep -m 1 -e "Driver Version" -e "NVIDIA-SMI has failed" -e "couldn.t")"',
  'echo "icds=$(ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null | tr "\\n" " ")"',
  'echo "vendors=$(for gpu in /dev/dri/renderD*; do [ -r "$gpu" ] && [ -w "$gpu" ] && { cat "/sys/class/drm/${gpu##*/}/device/vendor" || echo other; }; done 2>/dev/null | tr "\\n" " ")"',
  'echo "loader=$( { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -c libvulkan.so.1)"',
];

/** The driver that CUDA 12 needs, as the descriptors of the tools say for the engine cupy. */
export const driverForCupy = 525;

/** Which engines a GPU node can run, from what `gpuScript` printed. */
export function gpuEngines(seen: ReadonlyMap<string, string>): readonly SiteCheck[] {
  const driver = parseSmi(seen.get('smi') ?? '');
  return [cupyCheck(driver), webgpuCheck(seen, driver !== undefined)];
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
function webgpuCheck(seen: ReadonlyMap<string, string>, nvidia: boolean): SiteCheck {
  const icds = wordsOf(seen.get('icds')).map((file) => file.replace(/^.*\//, '').replace(/(_icd)?\..*$/, ''));
  const vendors = wordsOf(seen.get('vendors'));
  const serving = icds.filter((icd) => serves(icd, vendors, nvidia));
  const loader = Number(seen.get('loader') ?? 0) > 0 ? 'a loader' : 'no loader';
  const what = 'engine webgpu';
  if (serving.length > 0)
    return { what, is: 'ok', seen: `Vulkan: ${serving.join(' ')}, ${loader}`, mend: '' };
  return {
    what,
    is: 'warning',
    seen: `Vulkan: ${icds.length === 0 ? 'no driver' : `${icds.join(' ')}, none for a GPU of the node`}, ${loader}`,
    mend: 'no GPU of the node has a Vulkan driver there (compute-only installation?): use `cupy`, or leave `webgpu` out of `engines`',
  };
}

const wordsOf = (text = ''): readonly string[] => text.split(' ').filter((word) => word !== '');

/** PCI's numbers of those whose GPUs Mesa drives. */
const vendorOf: Readonly<Record<string, string>> = {
  intel: '0x8086',
  radeon: '0x1002',
  amd: '0x1002',
  nouveau: '0x10de',
};

/** Mesa installs the drivers of all GPUs at once: one counts where the node has a GPU for it. */
function serves(icd: string, vendors: readonly string[], nvidia: boolean): boolean {
  if (/lvp|swrast|llvmpipe/.test(icd)) return false;
  if (icd.startsWith('nvidia')) return nvidia;
  const [, vendor] = Object.entries(vendorOf).find(([name]) => icd.startsWith(name)) ?? [];
  if (vendor === undefined) return vendors.some((each) => !Object.values(vendorOf).includes(each));
  return vendors.includes(vendor) && !(nvidia && vendor === vendorOf.nouveau);
}
