import { expect, it } from 'vitest';
import { cluster, onCluster } from './cluster.ts';

onCluster('the test cluster is real:', () => {
  it('its nodes are idle and its accounting answers', () => {
    expect(cluster.login('sinfo -h -o %T').stdout).toContain('idle');
    expect(cluster.login('sacct -n').code).toBe(0);
  });

  it('a job with a GPU sees one device of its own', () => {
    const { stdout } = cluster.login(
      "printf '#!/bin/sh\\necho seen=$CUDA_VISIBLE_DEVICES\\n' >/scratch/gpu.sh; sbatch --wait -Q --gres=gpu:1 -o /scratch/gpu.out /scratch/gpu.sh; cat /scratch/gpu.out",
    );
    expect(stdout).toMatch(/^seen=[01]$/m);
  });

  it('a job that takes more memory than it asked for is ended, though its script ended well', () => {
    cluster.login(
      'printf \'#!/bin/sh\\npython3 -c "x = bytearray(400 * 1024 * 1024)"\\nexit 0\\n\' >/scratch/oom.sh; sbatch --wait -Q -J oom-probe --mem=60M -o /scratch/oom.out /scratch/oom.sh',
    );
    expect(cluster.jobs('oom-probe', 'State,ExitCode')).toEqual(['OUT_OF_MEMORY|0:125|oom-probe']);
  });

  it('Apptainer runs an image that was built from a folder', () => {
    const { stdout } = cluster.login(
      'cd /scratch && rm -rf tiny && mkdir -p tiny/bin tiny/lib tiny/lib64 && cp /bin/busybox tiny/bin/sh && for l in $(ldd /bin/busybox | grep -o "/[^ ]*"); do cp --parents $l tiny/; done; apptainer -q build -F tiny.sif tiny >/dev/null 2>&1; apptainer -s exec tiny.sif /bin/sh -c "echo from inside"',
    );
    expect(stdout).toContain('from inside');
  });
});
