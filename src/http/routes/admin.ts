import { adminUser, idParams, pageQuery, updateUserBody } from '@alcove/contract';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { appendAudit } from '../../identity/audit-store.ts';
import { listAccounts, updateAccount } from '../../identity/store.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentUser } from '../present.ts';
import type { App } from '../app.ts';

const tags = ['administration'];
const userList = z.object({ users: z.array(adminUser), next_cursor: z.string().nullable() });

export function adminRoutes(app: App, { db, identity }: HttpDeps): void {
  app.get(
    '/admin/users',
    {
      config: { admin: true },
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'Accounts',
        description: 'For administrators: every account of this server, newest first.',
        querystring: pageQuery,
        response: { 200: userList },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const after = decodeCursor(cursor);
      const rows = await listAccounts(
        db,
        limit + 1,
        after === null ? null : { createdAt: after.at, id: after.id },
      );
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { users: shown.rows.map(presentUser), next_cursor: shown.next_cursor };
    },
  );

  app.patch(
    '/admin/users/:id',
    {
      config: { admin: true },
      schema: {
        tags,
        operationId: 'updateUser',
        summary: 'Suspend, reactivate or promote',
        description:
          'For administrators, who cannot change themselves. A suspended account is signed out everywhere.',
        params: idParams,
        body: updateUserBody,
        response: { 200: adminUser },
      },
    },
    async (request) => {
      const { scope } = principalOf(request);
      const { id } = request.params;
      if (id === scope.userId)
        throw new AppError('conflict', 'Administrators cannot change their own role or status.');
      const row = await updateAccount(db, id, request.body, identity.now());
      if (row === null) throw new AppError('not_found', 'This account does not exist.');
      identity.sessions.forget(id);
      await appendAudit(db, scope, { action: 'account.changed', target: id }, identity.now());
      return presentUser(row);
    },
  );
}
