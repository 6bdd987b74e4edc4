import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type BlobSettings, readBlobs } from '../../src/files/bucket-config.ts';

// What BLOBS_URL may say. That each kind keeps what it is given is tried in blob-store.test.ts.

const key = { AWS_ACCESS_KEY_ID: 'one', AWS_SECRET_ACCESS_KEY: 'two' };
const google = { endpoint: 'https://storage.googleapis.com', region: 'auto', pathStyle: true };
const amazon = { endpoint: undefined, region: undefined, pathStyle: false };

describe('BLOBS_URL', () => {
  test.each([
    ['s3://papers', { bucket: 'papers', prefix: '', ...amazon }],
    ['s3://papers/', { bucket: 'papers', prefix: '', ...amazon }],
    ['s3://papers/of/2026', { bucket: 'papers', prefix: 'of/2026/', ...amazon }],
    ['s3://papers/of//2026/', { bucket: 'papers', prefix: 'of/2026/', ...amazon }],
    ['s3://papers/with%20space', { bucket: 'papers', prefix: 'with space/', ...amazon }],
    ['s3://papers?region=eu-central-1', { bucket: 'papers', prefix: '', ...amazon, region: 'eu-central-1' }],
    [
      's3://papers?endpoint=https://minio.example.org:9000',
      {
        bucket: 'papers',
        prefix: '',
        endpoint: 'https://minio.example.org:9000',
        region: 'auto',
        pathStyle: true,
      },
    ],
    [
      's3://papers?endpoint=https://s3.example.org&path_style=false&region=us',
      { bucket: 'papers', prefix: '', endpoint: 'https://s3.example.org', region: 'us', pathStyle: false },
    ],
    ['gs://papers', { bucket: 'papers', prefix: '', ...google }],
    ['gs://papers/of/2026', { bucket: 'papers', prefix: 'of/2026/', ...google }],
    ['gs://papers.example.org/a', { bucket: 'papers.example.org', prefix: 'a/', ...google }],
    [
      'gs://papers?endpoint=https://storage.example.org',
      { bucket: 'papers', prefix: '', ...google, endpoint: 'https://storage.example.org' },
    ],
  ])('%s is a bucket', (url, wanted) => {
    expect(readBlobs({ BLOBS_URL: url })).toEqual({ kind: 'bucket', url, ...wanted, credentials: undefined });
  });

  test('left out or empty means the data folder', () => {
    expect(readBlobs({})).toEqual({ kind: 'disk' });
    expect(readConfig({ BLOBS_URL: '' }).blobs).toEqual({ kind: 'disk' });
  });

  test('goes with a key, which stays out of what is shown', () => {
    const bucket = readBlobs({ BLOBS_URL: 'gs://papers', ...key, AWS_SESSION_TOKEN: 'three' });
    expect(bucket).toMatchObject({
      url: 'gs://papers',
      credentials: { accessKeyId: 'one', secretAccessKey: 'two', sessionToken: 'three' },
    });
  });

  test.each<[string, BlobSettings, RegExp]>([
    ['a folder', { BLOBS_URL: '/var/lib/alcove' }, /^BLOBS_URL: must be s3:\/\/bucket.* or gs:\/\/bucket/],
    ['a folder from here', { BLOBS_URL: './originals' }, /^BLOBS_URL: must be s3:/],
    ['the address of a folder', { BLOBS_URL: 'file:///var/lib/alcove' }, /^BLOBS_URL: must be s3:/],
    ['the address of a site', { BLOBS_URL: 'https://papers.example.org' }, /^BLOBS_URL: must be s3:/],
    ['another word for Google', { BLOBS_URL: 'gcs://papers' }, /^BLOBS_URL: must be s3:/],
    ['no bucket', { BLOBS_URL: 'gs:///of/2026' }, /^BLOBS_URL: must be s3:/],
    ['no more than its beginning', { BLOBS_URL: 's3://' }, /^BLOBS_URL: must be s3:/],
    [
      'a key in it',
      { BLOBS_URL: 'gs://one:two@papers' },
      /^BLOBS_URL: must hold no credentials: set AWS_ACC/,
    ],
    ['a word it does not know', { BLOBS_URL: 'gs://papers?regoin=eu' }, /not "regoin"$/],
    [
      'half an endpoint',
      { BLOBS_URL: 's3://papers?endpoint=minio:9000' },
      /its endpoint must begin with http/,
    ],
    ['neither style', { BLOBS_URL: 's3://papers?path_style=yes' }, /its path_style must be true or false/],
    ['a broken escape', { BLOBS_URL: 's3://papers/100%' }, /^BLOBS_URL: its % must begin an escape/],
    ['a server in place of the bucket', { BLOBS_URL: 's3://minio:9000/papers' }, /^BLOBS_URL: must be s3:/],
    ['a number sign', { BLOBS_URL: 's3://papers/of#2026' }, /^BLOBS_URL: must be s3:/],
    ['half a key', { BLOBS_URL: 'gs://papers', AWS_ACCESS_KEY_ID: 'one' }, /go together: set both or none$/],
  ])('with %s is refused with a sentence', (_what, settings, sentence) => {
    expect(() => readBlobs(settings)).toThrow(sentence);
    expect(() => readConfig({ ...settings })).toThrow(sentence);
  });
});
