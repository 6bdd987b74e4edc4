import { pino } from 'pino';
import { RunningAnswers } from '../answers/stream/running.ts';
import type { HttpDeps } from './deps.ts';
import { createServer } from './server.ts';

/** The OpenAPI document without a database: the routes are declared, none is called. */
export async function buildOpenApi(): Promise<unknown> {
  const app = await createServer(declarationOnly(), pino({ level: 'silent' }));
  try {
    return app.swagger();
  } finally {
    await app.close();
  }
}

/** Safe: declaring a route reads only the settings; everything else is used by calls, of which there are none. */
function declarationOnly(): HttpDeps {
  const { signal } = new AbortController();
  const declared = {
    config: {
      host: '127.0.0.1',
      allowedHosts: [],
      corsOrigins: [],
      limits: { uploadBytes: 1, messagesPerMinute: 1 },
    },
    version: '0',
    answers: { running: new RunningAnswers() },
    webFolder: null,
    notices: [],
    shutdown: { isAnnounced: false, isRefusing: false },
    closing: signal,
  };
  return declared as unknown as HttpDeps;
}
