/** Runs in a network with six local ports: twelve requests at once to one target, then one after another. Prints statuses. */
import { eventually } from '../helpers/eventually.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { scenery } from '../helpers/proxied.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

const tasks: (() => void | Promise<void>)[] = [];
const t = { after: (task: () => void | Promise<void>) => void tasks.push(task) };

const held: OriginRequest[] = [];
const origin = await startOrigin(t, { request: (request) => void held.push(request) });
const path = `/tmp/sentinel-few-ports-${process.pid}.sock`;
await startPlane(t, scenery([origin.port], { listener: { address: { kind: 'unix', path } } }));
const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(t, path)));
for (const client of clients) client.send(get());
await eventually(() => held.length + clients.filter(({ received }) => received.length > 0).length === clients.length);
for (const { connection } of held.splice(0)) connection.send(ok());
const first: number[] = [];
const causes = new Set<string>();
for (const client of clients) {
  const response = await client.response();
  first.push(response.status);
  if (response.status !== 200) causes.add((JSON.parse(response.text) as { cause: string }).cause);
}
const second: number[] = [];
for (const client of clients) {
  client.send(get());
  await eventually(() => held.length === 1);
  held.pop()?.connection.send(ok());
  second.push((await client.response()).status);
}
process.stdout.write(JSON.stringify({ first, second, causes: [...causes] }));
for (const task of tasks.toReversed()) await task();
