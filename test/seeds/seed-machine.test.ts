/** What the runbooks tell to type at process, service, files and configuration is typed as printed, and does what it is meant to. */
import test from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { seedMachineRuns } from './seed-machine-runs.ts';
import { ServiceScene } from './service-scene.ts';

test('the commands of the runbooks over process, service, files and configuration do as printed what they are meant to', async (t) => {
  for (const program of ['pidof', 'ps', 'ss', 'pmap', 'top', 'script', 'free'])
    if (requireComponent(t, program) === undefined) return;
  const scene = new ServiceScene(t);
  for (const { command, go } of seedMachineRuns) await t.test(command, () => go(scene, command));
});
