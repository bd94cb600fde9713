import { countTokens as count } from "gpt-tokenizer/encoding/o200k_base";

/** The field's common yardstick; a base model's own tokenizer gives somewhat different counts. */
export const TOKENIZER = "o200k_base";

/** Byte-pair encoding takes quadratic time on an unbroken run of characters, so that long ones are cut. */
const LONGEST_RUN = 512;
const LONG_RUN = new RegExp(`\\S{${LONGEST_RUN}}`, "g");

/** Tokens of a text; exact but for runs of more than 512 characters without white space, where a few too many are counted. */
export const countTokens = (text: string): number =>
  text
    .replace(LONG_RUN, "$& ")
    .split(/(?<=\n)/)
    .reduce((sum, line) => sum + count(line), 0);
