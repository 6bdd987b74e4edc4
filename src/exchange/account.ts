import { listProjects } from '../conversations/project-store.ts';
import type { Database } from '../db/database.ts';
import { readUser } from '../identity/store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { describeShare } from '../sharing/describe-share.ts';
import { listShares, type ShareRow } from '../sharing/share-store.ts';
import { accountFormat, bundleVersion } from './bundle.ts';

const sharesAtOnce = 200;

/** `account.json`: what an account has beside its conversations. Links are listed without what opens them. */
export async function* accountToJson(user: UserScope, db: Database): AsyncGenerator<string> {
  const account = await readUser(db, user);
  const projects = await listProjects(db, user);
  const about = {
    format: accountFormat,
    version: bundleVersion,
    account: account && {
      email: account.email,
      name: account.name,
      role: account.role,
      retention_days: account.retentionDays,
      created_at: account.createdAt.toISOString(),
    },
    projects: projects.map(({ name, prompt, createdAt }) => ({
      name,
      prompt,
      created_at: createdAt.toISOString(),
    })),
  };
  yield `${JSON.stringify(about).slice(0, -1)},"shares":[`;
  let isFirst = true;
  for await (const row of readAllShares(user, db)) {
    yield `${isFirst ? '' : ','}\n${JSON.stringify(describeShare(row))}`;
    isFirst = false;
  }
  yield '\n]}\n';
}

async function* readAllShares(user: UserScope, db: Database): AsyncGenerator<ShareRow> {
  let last: ShareRow | undefined;
  for (;;) {
    const rows = await listShares(db, user, sharesAtOnce, last ?? null);
    yield* rows;
    last = rows.at(-1);
    if (rows.length < sharesAtOnce) return;
  }
}
