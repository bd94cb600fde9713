/** The primitive values of GGUF version 3. */

/** A metadata value with its GGUF type. */
export type Value =
  | { u32: number }
  | { f32: number }
  | { bool: boolean }
  | { string: string }
  | { strings: string[] }
  | { i32s: number[] };

/** Little-endian bytes, growing. */
export class GgufWriter {
  #parts: Uint8Array[] = [];
  #length = 0;
  raw(bytes: Uint8Array) {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
  u32(value: number) {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }
  u64(value: number) {
    this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }
  string(text: string) {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.raw(bytes);
  }
  entry(key: string, value: Value) {
    this.string(key);
    if ("u32" in value) [this.u32(4), this.u32(value.u32)];
    else if ("f32" in value) [this.u32(6), this.raw(new Uint8Array(Float32Array.of(value.f32).buffer))];
    else if ("bool" in value) [this.u32(7), this.raw(Uint8Array.of(value.bool ? 1 : 0))];
    else if ("string" in value) [this.u32(8), this.string(value.string)];
    else if ("strings" in value) {
      this.list(8, value.strings.length);
      for (const text of value.strings) this.string(text);
    } else {
      this.list(5, value.i32s.length);
      this.raw(new Uint8Array(Int32Array.from(value.i32s).buffer));
    }
  }
  list(type: number, length: number) {
    this.u32(9);
    this.u32(type);
    this.u64(length);
  }
  pad(multiple: number) {
    this.raw(new Uint8Array((multiple - (this.#length % multiple)) % multiple));
  }
  finish() {
    const file = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  }
}
