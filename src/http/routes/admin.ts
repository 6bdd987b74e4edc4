import {
  adminUser,
  adminUserList,
  adminUserQuery,
  createUserBody,
  idParams,
  invitation,
  inviteBody,
  passwordReset,
  updateUserBody,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AdminScope } from '../../identity/admin-scope.ts';
import { type AccountRow, findAccounts, listAccounts } from '../../identity/people-store.ts';
import { changePerson, noAccount } from '../../identity/people/change-person.ts';
import { createPerson } from '../../identity/people/create-person.ts';
import { deletePerson } from '../../identity/people/delete-person.ts';
import { invitePerson } from '../../identity/people/invite-person.ts';
import { presentAccount, presentLink, quotaColumns } from '../../identity/people/present-account.ts';
import { resetPerson } from '../../identity/people/reset-person.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleByReference } from '../held-key.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';

const tags = ['administration'];

/** Accounts and who may do what; administrators see nothing of what is in an account. */
export function adminRoutes(app: App, { db, identity }: HttpDeps): void {
  const admin = { admin: true };

  app.get(
    '/admin/users',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'Accounts',
        description: 'For administrators: every account of this server, or those that match, newest first.',
        querystring: adminUserQuery,
        response: { 200: adminUserList },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      const position = decodeCursor(cursor);
      const after = position === null ? null : { createdAt: position.at, id: position.id };
      const rows = await listAccounts(db, adminOf(request), filter, limit + 1, after);
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { users: shown.rows.map(presentAccount), next_cursor: shown.next_cursor };
    },
  );

  app.post(
    '/admin/users',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'createUser',
        summary: 'Create an account',
        description: 'For administrators: an account with a password, whether registration is open or not.',
        body: createUserBody,
        response: { 201: adminUser },
      },
    },
    async (request, reply) => {
      const [before] = request.replayOf ?? [];
      if (before !== undefined) {
        const [kept] = await findAccounts(db, adminOf(request), before);
        if (kept === undefined) throw noAccount();
        return reply.code(201).send(presentAccount(kept));
      }
      const { quotas, ...person } = request.body;
      const settle = settleByReference(request, 201, ({ id }: AccountRow) => [id]);
      const input = { ...person, quotas: quotaColumns(quotas) };
      const row = await createPerson(adminOf(request), input, identity, settle);
      return reply.code(201).send(presentAccount(row));
    },
  );

  app.post(
    '/admin/invites',
    {
      config: { ...admin, secret: true },
      schema: {
        tags,
        operationId: 'inviteUser',
        summary: 'Invite somebody',
        description:
          'For administrators: an account whose owner sets the password with a link that serves once. Without e-mail on this server the answer holds the link, and nothing shows it again. A repeat gives whoever has not accepted a new link.',
        body: inviteBody,
        response: { 201: invitation },
      },
    },
    async (request, reply) => {
      const { quotas, ...person } = request.body;
      const input = { ...person, quotas: quotaColumns(quotas) };
      const invited = await invitePerson(adminOf(request), input, originOf(request), identity);
      return reply.code(201).send(presentLink(invited));
    },
  );

  app.patch(
    '/admin/users/:id',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'updateUser',
        summary: 'Suspend, resume, promote, set quotas',
        description:
          'For administrators, who cannot change their own role or status. A suspended account is signed out everywhere. A quota of null is the server’s own. Under a legal hold nothing of the account can be erased.',
        params: idParams,
        body: updateUserBody,
        response: { 200: adminUser },
      },
    },
    async (request) => {
      const { quotas, retention_days: retentionDays, legal_hold: legalHold, ...change } = request.body;
      const input = { ...change, retentionDays, legalHold, ...quotaColumns(quotas) };
      return presentAccount(await changePerson(adminOf(request), request.params.id, input, identity));
    },
  );

  app.post(
    '/admin/users/:id/reset',
    {
      config: { ...admin, secret: true },
      schema: {
        tags,
        operationId: 'resetUser',
        summary: 'Reset a password',
        description:
          'For administrators: ends the password and every session at once. The owner sets a new one with a link that serves once; without e-mail on this server the answer holds it.',
        params: idParams,
        response: { 200: passwordReset },
      },
    },
    async (request) =>
      presentLink(await resetPerson(adminOf(request), request.params.id, originOf(request), identity)),
  );

  app.delete(
    '/admin/users/:id',
    {
      config: admin,
      schema: {
        tags,
        operationId: 'deleteUser',
        summary: 'Delete an account and everything in it',
        description: 'For administrators. There is no way back.',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await deletePerson(adminOf(request), request.params.id, identity);
      return reply.code(204).send(null);
    },
  );
}

export function adminOf(request: FastifyRequest): AdminScope {
  return AdminScope.open(principalOf(request), request.ip);
}

/** Where the administrator has reached this server: its name has been checked against those that it answers to. */
function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}
