// Raised with any change of what the code makes of the same file: documents of an earlier version are made anew in the
// background, served by what they have meanwhile. test/formats/versions.test.ts holds what each version makes.

/** Of extraction and chunking: a new one reads the originals again. */
export const passagesVersion = 2;
/** Of text analysis and the keyword segment's format: a new one indexes the stored passages again. */
export const keywordVersion = 2;
/** Of how vectors are kept: 1 had each in a row of `chunk_vectors` beside the segment, 2 has the segment alone. */
export const vectorsVersion = 2;
