import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { refreshTokenSeconds } from '../identity/issue-session.ts';
import { knownDeviceSeconds } from '../identity/known-device.ts';

/** `__Host-` binds the cookie to this origin over TLS; browsers refuse it on plain HTTP. */
const secureName = '__Host-rt';
const plainName = 'alcove_rt';

export function setRefreshCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  const secure = request.isOverTls;
  reply.setCookie(secure ? secureName : plainName, token, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'strict',
    maxAge: refreshTokenSeconds,
  });
}

const secureDevice = '__Host-known';
const plainDevice = 'alcove_known';

/** What a device keeps of a sign-in, longer than any session: see identity/known-device.ts. */
export function setDeviceCookie(request: FastifyRequest, reply: FastifyReply, device: string): void {
  const secure = request.isOverTls;
  reply.setCookie(secure ? secureDevice : plainDevice, device, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'strict',
    maxAge: knownDeviceSeconds,
  });
}

export function readDeviceCookie(request: FastifyRequest): string | undefined {
  return request.cookies[secureDevice] ?? request.cookies[plainDevice];
}

export function clearRefreshCookie(request: FastifyRequest, reply: FastifyReply): void {
  const secure = request.isOverTls;
  reply.clearCookie(secure ? secureName : plainName, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'strict',
  });
}

/** The refresh token of the cookie, only for requests that this origin's own pages (or no browser) have made. */
export function readRefreshCookie(request: FastifyRequest): string | undefined {
  const token = request.cookies[secureName] ?? request.cookies[plainName];
  if (token !== undefined) refuseCrossSite(request);
  return token;
}

/** Browsers say where a request comes from; one from another site must not use the cookie. */
function refuseCrossSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const sameSite = site === undefined || site === 'same-origin' || site === 'none';
  const sameOrigin = origin === undefined || hostOf(origin) === request.headers.host;
  if (sameSite && sameOrigin) return;
  throw new AppError('forbidden', 'This request came from another site.');
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
