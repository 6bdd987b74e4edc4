import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { attachment } from './attachment.ts';

/** What a route that can send CSV says of it in its schema. */
export const sendsCsv = { 'text/csv': z.string() };

/** By `format`, or else by what the client accepts. */
export function wantsCsv(request: FastifyRequest, format: 'json' | 'csv' | undefined): boolean {
  if (format !== undefined) return format === 'csv';
  const accepted = request.headers.accept ?? '';
  return accepted.includes('text/csv') && !accepted.includes('application/json');
}

/** Always a download, never a page of this origin. */
export function sendCsv(reply: FastifyReply, name: string, content: string | Readable): FastifyReply {
  return reply
    .headers({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': attachment(`${name}.csv`),
      'content-security-policy': "sandbox; default-src 'none'",
    })
    .send(content);
}
