/**
 * The chat format of the models trained here (ChatML), the only place that knows it: training, export and serving all use it.
 *
 *     <|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi!<|im_end|>\n
 */
import type { Message } from "../../shared/chat.ts";

export const specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"] as const;
export const endOfTurn = "<|im_end|>";

/** The same format as a Jinja template, for programs that read `tokenizer_config.json` or a GGUF's metadata. */
export const jinja =
  "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' -}}" +
  "{%- if message.content -%}{{- message.content -}}{%- endif -%}" +
  "{%- for call in message.tool_calls or [] -%}{{- '<tool_call>' + call.function.name + ' ' + call.function.arguments + '</tool_call>' -}}{%- endfor -%}" +
  "{{- '<|im_end|>\\n' -}}{%- endfor -%}" +
  "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}";

/** A stretch of a formatted chat. Only `special` text may become special tokens, so a message cannot forge a turn. */
export interface Piece {
  text: string;
  special: boolean;
  /** Part of what the assistant says (its end marker included), and so of the loss. */
  learned: boolean;
}

/** The pieces of a chat, in order. With `prompt`, ends where the assistant is to speak. */
export function format(messages: Message[], { prompt = false } = {}): Piece[] {
  const pieces: Piece[] = [];
  for (const message of messages) {
    const learned = message.role === "assistant" && message.weight !== 0;
    const calls = (message.tool_calls ?? []).map(
      (c) => `<tool_call>${c.function.name} ${c.function.arguments}</tool_call>`,
    );
    pieces.push({ text: `<|im_start|>${message.role}\n`, special: true, learned: false });
    pieces.push({ text: (message.content ?? "") + calls.join(""), special: false, learned });
    pieces.push({ text: endOfTurn, special: true, learned });
    pieces.push({ text: "\n", special: false, learned: false });
  }
  if (prompt) pieces.push({ text: "<|im_start|>assistant\n", special: true, learned: false });
  return pieces.filter((piece) => piece.text !== "");
}
