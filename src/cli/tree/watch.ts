/** Declarations of the commands that ask what runs and what would happen. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { CommandSpec } from '../command.ts';
import { badUsage, config, daemon, denied, json, unreachable, unreadable } from './options.ts';

export const watchCommands: readonly CommandSpec[] = [
  {
    path: ['status'],
    summary: 'what runs, and with which configuration',
    description: [
      'Asks the running daemon for its process, workers, listeners, counts and standing warnings, and whether the file on disk is the configuration in force.',
    ],
    arguments: [],
    options: [daemon, json],
    examples: [
      { command: 'sentinel status', meaning: 'the daemon of this machine' },
      { command: 'sentinel status --daemon 127.0.0.1:9090', meaning: 'by its metrics address' },
    ],
    exits: [
      [exitCodes.ok, 'running and ready'],
      [exitCodes.problems, 'running, but not ready or with standing warnings'],
      badUsage,
      unreachable,
      denied,
    ],
    load: () => import('../commands/status.ts'),
  },
  {
    path: ['route', 'explain'],
    summary: 'which route a request would take, and why not the others',
    description: [
      'Matches a request against the routes and says for each route what took it or ruled it out. Reads the file, so that it answers before the file is applied; with --daemon it asks the running one.',
    ],
    arguments: [
      { name: 'method', required: true, description: 'for example GET' },
      { name: 'url', required: true, description: 'path, or URL with a host: /api/x, http://api.example.com/api/x' },
    ],
    options: [
      {
        flags: '-H, --header <field>',
        description: "request field, as 'Name: value'; may be repeated",
        repeatable: true,
      },
      { flags: '--client-ip <address>', description: 'address of the client', defaultValue: '127.0.0.1' },
      config,
      daemon,
      json,
    ],
    examples: [
      { command: 'sentinel route explain GET /api/users', meaning: 'by the file' },
      {
        command: "sentinel route explain POST http://api.example.com/ -H 'X-Env: prod'",
        meaning: 'with host and field',
      },
    ],
    exits: [
      [exitCodes.ok, 'a route takes it'],
      [exitCodes.problems, 'no route takes it, or the file has mistakes'],
      badUsage,
      unreadable,
      denied,
    ],
    load: () => import('../commands/route-explain.ts'),
  },
];
