import { embedText } from './provider-embeddings.ts';

interface EmbeddingOptions {
  dimensions?: number;
  synonyms?: string[][];
}

/** The body of an embeddings answer in the caller's dialect, or undefined for another route. */
export function answerEmbeddings(
  path: string,
  body: Record<string, unknown>,
  options: EmbeddingOptions,
): unknown {
  const embed = (text: string, asked: unknown) =>
    embedText(text, typeof asked === 'number' ? asked : options.dimensions, options.synonyms);
  if (path.endsWith('/embeddings')) {
    const texts = [body.input].flat().map(String);
    const data = texts.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: embed(text, body.dimensions),
    }));
    return {
      object: 'list',
      model: body.model,
      data,
      usage: { prompt_tokens: texts.length, total_tokens: texts.length },
    };
  }
  if (path.endsWith(':embedContent')) return { embedding: { values: embedContent(body, embed) } };
  if (!path.endsWith(':batchEmbedContents')) return undefined;
  const requests = body.requests as Record<string, unknown>[];
  return { embeddings: requests.map((request) => ({ values: embedContent(request, embed) })) };
}

function embedContent(
  request: Record<string, unknown>,
  embed: (text: string, asked: unknown) => number[],
): number[] {
  const { parts } = request.content as { parts: { text: string }[] };
  return embed(parts.map(({ text }) => text).join(''), request.outputDimensionality);
}
