import type { AnswerDeps } from '../answers/deps.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SharedWindow } from '../work/shared-window.ts';
import type { Models } from '../models/model.ts';

export interface Shutdown {
  /** No proxy should send anything any more. */
  isAnnounced: boolean;
  /** Nothing new is begun. */
  isRefusing: boolean;
}

export interface HttpDeps {
  config: Pick<
    Config,
    | 'host'
    | 'publicUrl'
    | 'allowedHosts'
    | 'corsOrigins'
    | 'trustProxy'
    | 'limits'
    | 'role'
    | 'logLevel'
    | 'metricsToken'
    | 'prices'
    | 'tracing'
    | 'fetching'
    | 'pdfFonts'
  >;
  version: string;
  db: Database;
  identity: IdentityDeps;
  documents: DocumentDeps;
  answers: AnswerDeps;
  models: Models;
  /** Built web app to serve; null when there is none. */
  webFolder: string | null;
  /** True while this process runs the worker and the worker runs. */
  isWorking: () => boolean;
  metrics?: Metrics | undefined;
  notices: readonly string[];
  now: () => Date;
  /** How far the server is with stopping. */
  shutdown: Shutdown;
  /** Requests of users over all processes. */
  requestCounts: SharedWindow;
  /** Aborted when the server shuts down: streams end so that clients resume elsewhere. */
  closing: AbortSignal;
}
