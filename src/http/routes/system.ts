import { capabilities, health, readiness } from '@alcove/contract';
import { shortCause } from '../../db/explain.ts';
import { isMigrated } from '../../db/migration-state.ts';
import { formats, picture } from '../../formats/registry.ts';
import { asksForFirst } from '../../identity/setup-code.ts';
import { hasAccounts } from '../../identity/store.ts';
import type { HttpDeps } from '../deps.ts';
import type { App } from '../app.ts';

const tags = ['system'];

export function systemRoutes(app: App, deps: HttpDeps): void {
  const { db, models, identity, config } = deps;
  const open = { public: true };

  app.get(
    '/healthz',
    {
      config: { ...open, anyHost: true },
      logLevel: 'warn',
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'The process lives',
        description: 'Answers as long as the process runs, whatever the state of its database.',
        response: { 200: health },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { ...open, anyHost: true },
      logLevel: 'warn',
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'It can serve',
        description:
          'Whether the database, its migrations and the worker are there; 503 names what is missing.',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const migrated = await isMigrated(db).catch((error: unknown) => shortCause(error));
      const checks = {
        database: typeof migrated === 'string' ? { ok: false, detail: migrated } : { ok: true },
        migrations: { ok: migrated === true },
        worker: config.role === 'web' ? { ok: true, detail: 'runs elsewhere' } : { ok: deps.isWorking() },
        server: deps.shutdown.isAnnounced ? { ok: false, detail: 'is stopping' } : { ok: true },
      };
      const ready = Object.values(checks).every((check) => check.ok);
      if (!ready) reply.header('retry-after', '2');
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks });
    },
  );

  if (config.role === 'worker') return;
  app.get(
    '/capabilities',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getCapabilities',
        summary: 'What this server can do',
        description:
          'Models, database, limits and the notices that the web app shows before the first question.',
        response: { 200: capabilities },
      },
    },
    async () => {
      const isFirstRun = asksForFirst(identity) && !(await hasAccounts(db));
      return {
        version: deps.version,
        database: db.kind,
        chat_model: models.chat?.id ?? null,
        chat_models: models.chatModels.map(({ id }) => id),
        embedding_model: models.embedding?.id ?? null,
        registration: identity.registration,
        reset_by_mail: identity.setup.mailer !== null,
        first_run: isFirstRun,
        setup_code_required: isFirstRun && identity.firstAccount.needsCode,
        max_upload_bytes: config.limits.uploadBytes,
        max_temperature: config.limits.maxTemperature,
        max_output_tokens: config.limits.maxOutputTokens,
        media_types: formats
          .filter((format) => format !== picture || typeof deps.documents.ocr === 'object')
          .flatMap((format) => format.mediaTypes),
        notices: [...deps.notices],
      };
    },
  );
}
