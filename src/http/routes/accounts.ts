import {
  changedPassword,
  changePasswordBody,
  deleteMeBody,
  loginBody,
  refreshBody,
  registerBody,
  session,
  updateMeBody,
  user,
} from '@alcove/contract';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { changePassword, deleteAccount, logout, readAccount } from '../../identity/account.ts';
import { login } from '../../identity/login.ts';
import { refresh } from '../../identity/refresh.ts';
import { register } from '../../identity/register.ts';
import { updateAccount } from '../../identity/store.ts';
import { principalOf } from '../auth.ts';
import { clearRefreshCookie, readDeviceCookie, readRefreshCookie } from '../cookie.ts';
import type { HttpDeps } from '../deps.ts';
import { presentUser } from '../../identity/people/present-account.ts';
import { perMinute } from '../rate-limits.ts';
import {
  agentOf,
  answerSession,
  refreshHeader,
  rememberDevice,
  signInsPerMinute,
} from '../session-answer.ts';
import type { App } from '../app.ts';

const tags = ['accounts'];

export function accountRoutes(app: App, { identity, db }: HttpDeps): void {
  const open = { public: true, ...perMinute(signInsPerMinute, 'sign-in') };
  const signedIn = { signedIn: true };

  app.post(
    '/auth/register',
    {
      config: open,
      schema: {
        tags,
        operationId: 'register',
        summary: 'Create an account',
        description:
          'The first account becomes the administrator. Where others than its own machine reach the server that takes `setup_code`: without it the account is refused, or, with REGISTRATION=open, an ordinary one. Whether others may register is the setting REGISTRATION.',
        headers: refreshHeader,
        body: registerBody,
        response: { 201: session },
      },
    },
    async (request, reply) => {
      const { setup_code: setupCode, ...account } = request.body;
      const issued = await register({ ...account, setupCode, ...agentOf(request) }, identity);
      const shown = answerSession(issued, request, reply);
      rememberDevice(issued, request, reply, identity);
      return reply.code(201).send(shown);
    },
  );

  app.post(
    '/auth/login',
    {
      config: open,
      schema: {
        tags,
        operationId: 'login',
        summary: 'Sign in',
        description:
          'Gives an access token, and a refresh token as a cookie or, with X-Refresh-Token, in the body.',
        headers: refreshHeader,
        body: loginBody,
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const from = { address: request.ip, device: readDeviceCookie(request), ...agentOf(request) };
      const issued = await login({ ...request.body, ...from }, identity);
      const shown = answerSession(issued, request, reply);
      rememberDevice(issued, request, reply, identity);
      return shown;
    },
  );

  app.post(
    '/auth/refresh',
    {
      config: { public: true },
      schema: {
        tags,
        operationId: 'refresh',
        summary: 'Trade the refresh token for a new pair',
        description:
          'Takes the token from the cookie or the body. Each serves once: the reuse of an old one ends its whole family.',
        headers: refreshHeader,
        body: refreshBody,
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const token = request.body?.refresh_token ?? readRefreshCookie(request);
      if (token === undefined)
        throw new AppError('unauthenticated', 'There is no session to refresh: sign in.');
      return answerSession(await refresh({ token, ...agentOf(request) }, identity), request, reply);
    },
  );

  app.post(
    '/auth/logout',
    {
      config: { conversation: true },
      schema: {
        tags,
        operationId: 'logout',
        summary: 'End this session',
        description: 'Its access and refresh tokens stop working at once.',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { scope, sessionId } = principalOf(request);
      if (sessionId !== null) await logout(scope, sessionId, identity);
      clearRefreshCookie(request, reply);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/auth/me',
    {
      config: { conversation: true },
      schema: {
        tags,
        operationId: 'getMe',
        summary: 'The signed-in account',
        description: 'Whose token this is.',
        response: { 200: user },
      },
    },
    async (request) => presentUser(await readAccount(principalOf(request).scope, identity)),
  );

  app.patch(
    '/auth/me',
    {
      schema: {
        tags,
        operationId: 'updateMe',
        summary: 'Change the account',
        description:
          'Changes the name (null removes it), and how long conversations without activity are kept.',
        body: updateMeBody,
        response: { 200: user },
      },
    },
    async (request) => {
      const { scope } = principalOf(request);
      const { name, retention_days: retentionDays } = request.body;
      const change = {
        ...(name === undefined ? {} : { name }),
        ...(retentionDays === undefined ? {} : { retentionDays }),
      };
      if (Object.keys(change).length === 0) return presentUser(await readAccount(scope, identity));
      return presentUser(await updateAccount(db, scope, change, identity.now()));
    },
  );

  app.post(
    '/auth/password',
    {
      config: { ...signedIn, secret: true },
      schema: {
        tags,
        operationId: 'changePassword',
        summary: 'Change the password',
        description:
          'Ends every other session of the account, and with `revoke_keys` its API keys; gives this one new tokens.',
        headers: refreshHeader,
        body: changePasswordBody,
        response: { 200: changedPassword },
      },
    },
    async (request, reply) => {
      const { current_password: current, new_password: next, revoke_keys: revokeKeys } = request.body;
      const { scope } = principalOf(request);
      const change = { current, next, revokeKeys, ...agentOf(request) };
      const { keys, ...issued } = await changePassword(scope, change, identity);
      return { ...answerSession(issued, request, reply), api_keys: keys };
    },
  );

  app.delete(
    '/auth/me',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'deleteMe',
        summary: 'Erase the account and everything in it',
        description: 'Conversations, documents, keys and sessions go with it. There is no way back.',
        body: deleteMeBody.nullish(),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deleteAccount(principalOf(request).scope, request.body?.password, identity);
      clearRefreshCookie(request, reply);
      return reply.code(204).send(null);
    },
  );
}
