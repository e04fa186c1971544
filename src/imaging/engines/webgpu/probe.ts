import { EngineError } from '../engine.ts';
import type { DeviceReport, Probed } from '../find-devices.ts';
import { listAdapters } from './dawn.ts';

// A process of its own: asks the graphics drivers, sends what they say, and ends. Its output is Dawn's.
const answer: Probed = await listAdapters().then(
  (found) => {
    const devices = found.map(
      ({ adapter: { limits }, name, driver, software }): DeviceReport => ({
        name,
        driver,
        software,
        limits: {
          'largest buffer': limits.maxBufferSize,
          'largest binding': limits.maxStorageBufferBindingSize,
          'workgroup memory': limits.maxComputeWorkgroupStorageSize,
        },
      }),
    );
    if (devices.some(({ software }) => !software)) return { devices };
    return {
      devices,
      reason:
        devices.length === 0
          ? 'no graphics driver is found: it wants Vulkan 1.3 on Linux (the packages libvulkan1 and mesa-vulkan-drivers, or NVIDIA’s driver with its Vulkan part), Metal on macOS, Direct3D 12 on Windows'
          : 'only software devices are found, slower than the engine cpu; to use one all the same, name it with --device',
    };
  },
  (error: unknown) => ({ reason: error instanceof EngineError ? error.message : String(error) }),
);
process.send?.(answer, () => process.exit(0));
