/**
 * Why a row is dropped, or a file refused. The codes are stable: clients and the documentation may rely on them.
 * The text says what each means; the message of a single finding names the field and the remedy.
 */
import { DomainError } from "../errors.ts";

export const rowReasons = {
  not_json: "The row is not valid JSON.",
  not_an_object: "The row is valid JSON, but a list, a number or a text instead of an object.",
  line_too_long: "The row is longer than the limit for one row.",
  too_deep: "The row is nested too deeply to be written out again.",
  cut_off: "The file ends in the middle of a row or of the array.",
  csv_invalid: "A quoted CSV field is not closed, or text follows its closing quote.",
  column_count: "The CSV row has more fields than the header.",
  no_known_shape: "The row has the fields of none of the accepted shapes.",
  messages_invalid: "The list of messages is missing, empty, or not a list of objects.",
  role_unknown: "A message has no role, or one that is not known.",
  content_invalid: "A text is missing, or is something other than text.",
  content_not_text: "A message holds an image, audio or a file; only text can be trained on.",
  empty_content: "A text that must say something is empty.",
  no_assistant: "No assistant message has weight 1, so there is nothing to learn from.",
  weight_invalid: "A weight is neither 0 nor 1.",
  legacy_function_call: "The row uses `function_call`, `functions` or the role `function`, which tool calls replaced.",
  tool_call_invalid: "A tool call lacks its id, its name or its arguments, or a tool's answer belongs to no call.",
  tools_invalid: "`tools` is not a list of objects.",
  span_empty: "The span of the record has no messages: neither a request, nor an output, nor a content.",
  preference_invalid: "An answer of a preference pair is not made of assistant messages.",
  preference_equal: "The preferred and the rejected answer are the same.",
} as const;
export type RowReason = keyof typeof rowReasons;

export const fileReasons = {
  empty_file: "The file has no rows.",
  no_usable_row: "Every row was dropped.",
  mixed_methods: "Some rows are supervised examples and others preference pairs.",
  not_utf8: "The text is not UTF-8, nor UTF-16 with a byte order mark.",
  binary_file: "The file is not text but, for example, an archive, a PDF or a Parquet file.",
  unknown_format: "The content is neither JSON Lines, JSON nor CSV.",
  several_arrays: "The JSON document has more than one array of rows.",
  no_header: "The CSV file does not begin with a usable header row.",
  too_many_columns: "The CSV header has more columns than the limit.",
  file_too_large: "The file is larger than the limit.",
  too_many_rows: "The file has more rows than the limit.",
} as const;
export type FileReason = keyof typeof fileReasons;

/** One row cannot be used; the file goes on. */
export class RowUnfit extends Error {
  readonly reason: RowReason;

  constructor(reason: RowReason, message: string) {
    super(message);
    this.name = "RowUnfit";
    this.reason = reason;
  }
}
export const unfit = (reason: RowReason, message: string) => new RowUnfit(reason, message);

/** The file as a whole cannot be used. The message names the line where there is one, and says what to do. */
export class DatasetRejected extends DomainError {
  readonly reason: FileReason;

  constructor(reason: FileReason, message: string) {
    super("invalid", message, "file");
    this.name = "DatasetRejected";
    this.reason = reason;
  }
}
export const rejected = (reason: FileReason, message: string) => new DatasetRejected(reason, message);
