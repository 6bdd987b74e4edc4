import { acceptInviteBody, forgotPasswordBody, resetPasswordBody, session } from '@alcove/contract';
import { z } from 'zod';
import { forgotPassword } from '../../identity/people/forgot-password.ts';
import { acceptInvite, resetPassword } from '../../identity/people/set-password.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { perMinute } from '../rate-limits.ts';
import {
  agentOf,
  answerSession,
  refreshHeader,
  rememberDevice,
  signInsPerMinute,
} from '../session-answer.ts';

const tags = ['accounts'];
/** From one address. */
const forgottenPerMinute = 10;

/** Passwords that are set with a link instead of an older password; the link is the credential. */
export function setupRoutes(app: App, { identity }: HttpDeps): void {
  const open = { public: true, ...perMinute(signInsPerMinute, 'sign-in') };

  app.post(
    '/auth/accept-invite',
    {
      config: open,
      schema: {
        tags,
        operationId: 'acceptInvite',
        summary: 'Accept an invitation',
        description:
          'Sets the password with the token of the link and signs in, also while registration is closed.',
        headers: refreshHeader,
        body: acceptInviteBody,
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const from = { address: request.ip, ...agentOf(request) };
      const issued = await acceptInvite({ ...request.body, ...from }, identity);
      rememberDevice(issued, request, reply, identity);
      return answerSession(issued, request, reply);
    },
  );

  app.post(
    '/auth/reset-password',
    {
      config: open,
      schema: {
        tags,
        operationId: 'resetPassword',
        summary: 'Set a new password with a link',
        description:
          'Ends every session of the account, and with `revoke_keys` its API keys. Sign in with the new password then.',
        body: resetPasswordBody,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { revoke_keys: revokeKeys, ...input } = request.body;
      await resetPassword({ ...input, revokeKeys, address: request.ip }, identity);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/forgot-password',
    {
      config: { public: true, ...perMinute(forgottenPerMinute, 'forgot-password') },
      schema: {
        tags,
        operationId: 'forgotPassword',
        summary: 'Ask for a link that sets a new password',
        description:
          'Sends it to the account of this address, if there is one and this server sends e-mail (see `reset_by_mail` of /capabilities). The answer is always the same.',
        body: forgotPasswordBody,
        response: { 202: z.object({}) },
      },
    },
    async (request, reply) => {
      forgotPassword({ email: request.body.email, address: request.ip }, identity);
      return reply.code(202).send({});
    },
  );
}
