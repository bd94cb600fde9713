/** Reads and writes safetensors: 8 bytes of header length (little endian), a JSON header, then raw tensors. */

/** Values are always float32 in memory, row-major. */
export interface Tensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}
export type Tensors = Map<string, Tensor>;
export type Dtype = "F32" | "F16";

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/** Throws on a truncated file and on dtypes other than F32, F16 and BF16, naming the tensor. */
export function readSafetensors(file: Uint8Array): Tensors {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = file.byteLength < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length <= file.byteLength - 8)) throw new Error("not a safetensors file: its header is cut off");
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<string, Entry>;
  const tensors: Tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets;
    const bytes = new Uint8Array(file.subarray(8 + length + start, 8 + length + end));
    const data = decoders[entry.dtype]?.(bytes.buffer);
    const size = entry.shape.reduce((a, b) => a * b, 1);
    if (!data) throw new Error(`${name} has dtype ${entry.dtype}; F32, F16 and BF16 can be read`);
    if (data.length !== size) throw new Error(`${name} has ${data.length} values where its shape asks for ${size}`);
    tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

/** Tensors are laid out in the map's order; metadata goes into `__metadata__`. */
export function writeSafetensors(
  tensors: Tensors,
  dtype: Dtype = "F32",
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const bytes = encodeFloats(data, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.byteLength] };
    offset += bytes.byteLength;
    parts.push(bytes);
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset).fill(32, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(json, 8);
  let at = 8 + padded;
  for (const part of parts) {
    file.set(part, at);
    at += part.byteLength;
  }
  return file;
}

/** The little-endian bytes of `data`, rounded to the nearest even half when `dtype` is F16. */
export function encodeFloats(data: Float32Array, dtype: Dtype): Uint8Array {
  const source = dtype === "F16" ? Float16Array.from(data) : data;
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

const decoders: Record<string, (buffer: ArrayBuffer) => Float32Array<ArrayBuffer>> = {
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => Float32Array.from(new Float16Array(buffer)),
  BF16: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer),
};
