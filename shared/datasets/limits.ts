/** How much a dataset may ask of the machine, and how much of it is looked at closely. Sizes in bytes. */
export interface Limits {
  /** The raw file. */
  maxBytes: number;
  maxRows: number;
  /** One row: a line, an element of a JSON array, a CSV record. A longer one is dropped. */
  maxLineBytes: number;
  /** How much of the beginning decides about encoding and format. */
  headBytes: number;
  /** Columns of a CSV header, and columns the report counts. */
  maxColumns: number;
  /** Near duplicates and personal data are looked for in the first rows, up to this many … */
  examineRows: number;
  /** … and up to this many prepared bytes, whichever is reached first. 0 leaves both out. */
  examineBytes: number;
  /** At most this many rows are tokenized for good; more rows make it an evenly spaced sample of at least half as many. 0 leaves it out. */
  sampleRows: number;
  /** At most this many lines in each list of the report. */
  maxListed: number;
}

export const defaultLimits: Limits = {
  maxBytes: 8 * 2 ** 30,
  maxRows: 20_000_000,
  maxLineBytes: 4 * 2 ** 20,
  headBytes: 65_536,
  maxColumns: 1000,
  examineRows: 20_000,
  examineBytes: 32 * 2 ** 20,
  sampleRows: 2000,
  maxListed: 100,
};
