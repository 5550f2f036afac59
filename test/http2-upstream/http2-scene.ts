/** A plane whose only upstream speaks HTTP/2 by prior knowledge. */
import { startPlane } from '../helpers/data-plane.ts';
import {
  type FrameOrigin,
  type FrameOriginOptions,
  type FrameScript,
  startFrameOrigin,
} from '../helpers/http2-frame-origin.ts';
import { type Behaviour, type Http2OriginOptions, startHttp2Origin } from '../helpers/http2-origin.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type SceneOptions, sceneOf, scenery } from '../helpers/proxied.ts';

export interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** In front of any targets. */
export async function sceneBefore(t: Cleanup, ports: readonly number[], options: SceneOptions = {}) {
  const clock = new ManualClock();
  const config = scenery(ports, { ...options, upstream: { httpVersion: '2', ...options.upstream } });
  const plane = await startPlane(t, config, options.manual === true ? clock : undefined);
  return { ...sceneOf(t, plane), clock, config };
}

/** In front of a server by node:http2. */
export async function http2Scene(
  t: Cleanup,
  behave?: Behaviour,
  options: SceneOptions & { readonly origin?: Http2OriginOptions } = {},
) {
  const origin = await startHttp2Origin(t, behave, options.origin);
  return { ...(await sceneBefore(t, [origin.port], options)), origin };
}

/** In front of a target that is written frame by frame. */
export async function frameScene(
  t: Cleanup,
  script: FrameScript,
  options: SceneOptions & { readonly origin?: FrameOriginOptions } = {},
): Promise<Awaited<ReturnType<typeof sceneBefore>> & { readonly origin: FrameOrigin }> {
  const origin = await startFrameOrigin(t, script, options.origin);
  return { ...(await sceneBefore(t, [origin.port], options)), origin };
}
