import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { drain } from './app/drain.ts';
import { openDatabaseOf, type OpeningDatabase } from './app/open-database.ts';
import { startWorker } from './app/start-worker.ts';
import { serverCommands } from './app/server-commands.ts';
import { createEventWriter } from './answers/stream/event-writer.ts';
import { RunningAnswers } from './answers/stream/running.ts';
import type { Config } from './config.ts';
import { startControl } from './backup/control.ts';
import type { Database } from './db/database.ts';
import { warnOfForeignRoles } from './db/roles.ts';
import { migrate } from './db/migrate.ts';
import { removeAbandonedFolders } from './db/temporary-folder.ts';
import { checkIsolation } from './db/self-check.ts';
import type { DocumentDeps } from './documents/deps.ts';
import { parserWeakness } from './documents/prepare.ts';
import { createRebuilding } from './documents/rebuild-segments.ts';
import { UploadRoom } from './documents/upload-room.ts';
import type { DeletionHold } from './files/deletion-hold.ts';
import { openBlobStore } from './files/open-store.ts';
import { tieOriginals } from './files/installation.ts';
import { findRecogniser } from './formats/ocr/recogniser.ts';
import { sandboxRemedy } from './formats/sandbox-weaknesses.ts';
import type { HttpDeps } from './http/deps.ts';
import { findWebApp } from './http/find-web-app.ts';
import { isForThisMachine } from './http/security.ts';
import type { App, Logger } from './http/app.ts';
import { createServer } from './http/server.ts';
import { connectionsOf, stopListening } from './http/stop-listening.ts';
import { createIdentity } from './identity/create.ts';
import { readSetupCode } from './identity/setup-code.ts';
import { createSetup } from './identity/people/create-setup.ts';
import { Background } from './limits/background.ts';
import { readBackground } from './indexing/background.ts';
import { joinReplicas } from './work/replicas.ts';
import { SharedWindow } from './work/shared-window.ts';
import { createNotifier } from './work/notifier.ts';
import { readQueue } from './work/store.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { startTracing } from './telemetry/start-tracing.ts';
import type { Models } from './models/model.ts';
import { switchedOff } from './models/notices.ts';
import { connectModels } from './models/registry.ts';
import { readVersion } from './version.ts';
import { SizedLru } from './retrieval/lru.ts';
import { createSegmentCache } from './retrieval/segment-cache.ts';

export interface RunningApp {
  http: App;
  db: Database;
  models: Models;
  version: string;
  notices: string[];
  /** What the first account needs, while there is none and others reach this server. */
  setupCode: string | null;
  /** Resolves when nothing can be served any more, with the reason; the process should end then. */
  died: Promise<Error>;
  close(): Promise<void>;
}

/** Some thousand questions of the usual dimensions. */
const queryEmbeddingBytes = 16 * 1024 * 1024;
/** Some thousand conversations. */
const agreementCacheBytes = 1_000_000;
/** Names and versions of some 50,000 documents that are kept between questions. */
const searchableBytes = 16 * 1024 * 1024;
const lastEventsMs = 2_000;

/** Wires everything together and starts it, without listening. `now`: its clock, for everything but tokens and ids. */
export async function startApp(
  config: Config,
  log: Logger,
  opening: OpeningDatabase = openDatabaseOf(config, log),
  now = (): Date => new Date(),
): Promise<RunningApp> {
  const version = await readVersion();
  const owner = `${hostname()}/${process.pid}/${crypto.randomUUID().slice(0, 8)}`;
  const stopping = new AbortController();
  const working = new AbortController();
  const shutdown = { isAnnounced: false, isRefusing: false };
  const works = config.role !== 'web';
  let stopTracing: Awaited<ReturnType<typeof startTracing>> | null = null;
  // In this order; a start that fails closes what it has opened.
  const opened: (() => Promise<unknown> | undefined)[] = [
    () => stopTracing?.(),
    () => opening.database.then((db) => db.close()),
  ];
  try {
    if (config.tracing) stopTracing = await startTracing();
    return await open();
  } catch (error) {
    stopping.abort();
    working.abort();
    for (const close of opened.toReversed()) await close()?.catch(() => {});
    throw error;
  }

  async function open(): Promise<RunningApp> {
    // They ask other programs, and wait for nothing here.
    const beside = Promise.all([
      findRecogniser(config.ocr),
      works ? parserWeakness(config.limits.ingestTimeoutMs) : null,
    ]);
    beside.catch(() => {});
    const db = await opening.database;
    await removeAbandonedFolders();
    await migrate(db);
    await checkIsolation(db);
    await warnOfForeignRoles(db.pool, db.roles, log);
    const blobs = await openBlobStore(config.blobs, config.dataDir);
    await tieOriginals(db, blobs);
    const replicas = await joinReplicas(db, blobs, owner, log, stopping.signal);
    opened.push(() => replicas.leave());
    const identity = await createIdentity(db, {
      auth: config.auth,
      dataDir: config.dataDir,
      isForThisMachine: isForThisMachine(config),
      setup: createSetup(config, log),
      log,
      counts: new SharedWindow(db, replicas, () => now().getTime()),
      now,
    });
    const report = (sentence: string): void => log.info(sentence);
    const models = await connectModels({ ...config.models, report }, stopping.signal);
    const notifier = createNotifier();
    const running = new RunningAnswers();
    const metrics = createMetrics(
      { version, database: db.kind, role: config.role },
      {
        cacheBytes: () => ({
          segments: answers.retrieval.segments.bytes,
          retrievals: answers.retrieval.cache.bytes,
          searchables: answers.retrieval.searchables.bytes,
          query_embeddings: answers.retrieval.queryEmbeddings.bytes,
        }),
        connections: () => ({
          idle: db.pool.idleCount,
          busy: db.pool.totalCount - db.pool.idleCount,
          waiting: db.pool.waitingCount,
        }),
        runningAnswers: () => running.all().length,
        queue: () => readQueue(db),
      },
    );
    const { telemetry } = metrics;
    const documents: DocumentDeps = {
      db,
      blobs,
      notifier,
      embedding: models.embedding,
      limits: config.limits,
      room: new UploadRoom(replicas),
      ocr: (await beside)[0],
      owner,
      log,
      telemetry,
      now,
    };
    const residuals = new Background(1, residualsWaiting, (error) =>
      log.debug({ err: error }, 'vectors are read again with the next question'),
    );
    const answers: HttpDeps['answers'] = {
      db,
      models,
      retrieval: {
        db,
        embedding: models.embedding,
        segments: createSegmentCache(db, config.segmentCacheBytes, {
          onUnreadable: createRebuilding({ db, embedding: models.embedding, log }),
          background: residuals,
        }),
        background: readBackground(),
        telemetry,
        cache: new SizedLru(config.retrievalCacheBytes),
        searchables: new SizedLru(searchableBytes),
        agreements: new SizedLru(agreementCacheBytes),
        queryEmbeddings: new SizedLru(queryEmbeddingBytes),
        rerank:
          models.rerank === null ? undefined : { model: models.rerank, threshold: config.rerankThreshold },
      },
      notifier,
      running,
      replicas,
      events: createEventWriter(db, config.limits.leaseMs, log),
      limits: config.limits,
      citationCheck: config.citationCheck,
      afterwards: config.afterwards,
      suggestions: config.suggestions,
      background: new Background(afterwardsAtOnce, afterwardsWaiting, (error) =>
        log.debug({ err: error }, 'a title or a summary was not made'),
      ),
      owner,
      log,
      telemetry,
      now,
    };
    const hold: DeletionHold = { held: 0 };
    const notices = [...switchedOff(models), ...models.notices];
    const webApp = findWebApp();
    const server = createServer(
      {
        config,
        version,
        db,
        identity,
        documents,
        answers,
        models,
        webFolder: webApp.folder,
        isWorking: () => works && !working.signal.aborted,
        metrics,
        notices,
        now,
        shutdown,
        requestCounts: new SharedWindow(db, replicas),
        closing: stopping.signal,
      },
      log,
    );
    const http = await server;
    const connections = connectionsOf(http.server);
    opened.push(() => http.close());
    const [, weakness] = await beside;
    // Clients are told what they can do without; these are for the operator alone.
    const forOperator = [
      ...(weakness === null ? [] : [`The parser sandbox is not whole: ${weakness}. ${sandboxRemedy()}`]),
      ...(webApp.notice !== null ? [webApp.notice] : []),
    ];
    for (const notice of forOperator) log.warn(notice);
    // An embedded database can only be looked into by this process; PostgreSQL a command opens by itself.
    const backup = { db, blobs, dataDir: config.dataDir, hold, version, now };
    const holders = { models, documents, answers, notices, rerankThreshold: config.rerankThreshold, works };
    const commands = serverCommands({ config, db, blobs, now }, identity, holders, report, stopping.signal);
    const stopControl =
      db.kind === 'pglite'
        ? await startControl(backup, commands, (error) =>
            log.warn({ err: error }, 'a command was not finished'),
          )
        : null;
    opened.push(() => stopControl?.());
    const setupCode = identity.firstAccount.needsCode ? await readSetupCode(db, identity.firstAccount) : null;
    // Last: it works on its own from here on.
    const loops = works ? startWorker(documents, answers, hold, config, working.signal) : [];
    const close = async (): Promise<void> => {
      shutdown.isAnnounced = true;
      // What is given back at once is done by others meanwhile.
      working.abort();
      await stopControl?.();
      if (http.server.listening) await sleep(config.drainMs, undefined, { ref: false });
      // Proxies go elsewhere when nobody listens; who is connected is still served.
      await stopListening(http.server, connections);
      shutdown.isRefusing = true;
      await drain(answers.running, config.answerGraceMs);
      // Readers get the last event of their answer; who reads on after that is cut off, and may resume elsewhere.
      const closed = http.close();
      await Promise.race([closed, sleep(lastEventsMs, undefined, { ref: false })]);
      stopping.abort();
      await closed;
      await Promise.all(loops);
      await Promise.all(answers.running.all().map((answer) => answer.finished));
      await identity.background.stop(lettersGraceMs);
      // Without a title the first words stay; a summary is made after a later answer.
      await answers.background.stop(0);
      await residuals.stop(0);
      identity.setup.mailer?.close();
      await replicas.leave();
      await db.close();
      await stopTracing?.();
    };
    return {
      http,
      db,
      models,
      version,
      notices: [...notices, ...forOperator],
      setupCode,
      died: opening.died,
      close,
    };
  }
}

/** Titles and summaries that models are asked for; more that wait are left out. */
const afterwardsAtOnce = 4;
const afterwardsWaiting = 100;
const residualsWaiting = 1_000;
/** So long may letters that were promised take when the server stops. */
const lettersGraceMs = 10_000;
