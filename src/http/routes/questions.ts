import { idParams, suggestedQuestions } from '@alcove/contract';
import { createSuggester } from '../../answers/suggest/suggester.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { perMinute } from '../rate-limits.ts';
import { openDocument } from '../scopes.ts';

/** Questions worth asking of a document. */
export function questionRoutes(app: App, { db, answers, config, closing }: HttpDeps): void {
  const suggest = createSuggester(answers, closing);

  app.post(
    '/documents/:id/questions',
    {
      config: { conversation: true, ...perMinute(config.limits.messagesPerMinute, 'questions') },
      schema: {
        tags: ['documents'],
        operationId: 'suggestQuestions',
        summary: 'Questions worth asking of it',
        description:
          "By the conversation's language model, which is asked once for each version of a document; none without a model, while the document is read, or when the model did not say any.",
        params: idParams,
        response: { 200: suggestedQuestions },
      },
    },
    async (request) => {
      const { scope, document } = await openDocument(request, db);
      return { document_id: document.id, questions: [...(await suggest(scope, document))] };
    },
  );
}
