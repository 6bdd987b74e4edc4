import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';

/**
 * Gives up, for all code of this process, what a parser never needs: to write files, connections of any kind, names of
 * hosts, signals, programs and Node's internals. The second layer under the name spaces of the system, and the only one
 * against sockets in the file system and where the system gives no name spaces.
 */
export function renounceRights(): void {
  (process.permission as Droppable | undefined)?.drop?.('fs.write');
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'])
    Reflect.deleteProperty(globalThis, name);
  // Whatever connects or listens by TCP, TLS, HTTP or a path ends in these methods.
  refuse(net.Socket.prototype, ['connect']);
  refuse(net.Server.prototype, ['listen']);
  refuse(net, ['connect', 'createConnection', 'createServer', '_createServerHandle']);
  // The streams are pipes, made at their first use; their class could make another one that connects.
  const [handle] = [process.stdin, process.stdout, process.stderr].map(
    (stream) => (stream as { _handle?: object })._handle,
  );
  if (handle)
    refuse(Object.getPrototypeOf(handle) as object, ['connect', 'bind', 'listen', 'open', 'constructor']);
  for (const module of [dgram, dns, dns.promises, childProcess]) refuse(module, functionsOf(module));
  refuse(process, ['kill', '_kill', '_debugProcess', 'binding', '_linkedBinding', 'dlopen', 'execve']);
  refuse(os, ['setPriority']);
  syncBuiltinESMExports();
}

/** Newer than the types; where it is missing, the limits of the system keep files from being written. */
interface Droppable {
  drop?(right: string): void;
}

function functionsOf(module: object): string[] {
  return Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
}

function refuse(owner: object, names: string[]): void {
  for (const name of names)
    Object.defineProperty(owner, name, { value: refused, writable: false, configurable: false });
}

function refused(): never {
  throw new Error('a parser may not do this');
}
