/**
 * A module of WebAssembly from instructions in text: as much of the text format as kernels of loops over columns need. An instruction a line or between semicolons, its
 * operands behind it, locals by `$name`, no folding; `//` begins a comment. Source: WebAssembly Core Specification 2.0, 5 (binary format).
 */

export type WasmType = 'i32' | 'v128';

/** A function without a result, exported by its name. */
export interface WasmFunction {
  readonly name: string;
  readonly params: Readonly<Record<string, WasmType>>;
  readonly locals: Readonly<Record<string, WasmType>>;
  readonly body: string;
}

const types: Readonly<Record<WasmType, number>> = { i32: 0x7f, v128: 0x7b };

type Operand = 'none' | 'local' | 'integer' | 'label' | 'memory' | 'lane' | 'memory and lane' | 'eight lanes';

const plain: Readonly<Record<string, readonly [code: number, operand: Operand]>> = {
  'end': [0x0b, 'none'], 'br_if': [0x0d, 'label'], 'local.get': [0x20, 'local'], 'local.set': [0x21, 'local'], 'local.tee': [0x22, 'local'],
  'i32.load': [0x28, 'memory'], 'i32.load16_u': [0x2f, 'memory'], 'i32.store': [0x36, 'memory'], 'i32.const': [0x41, 'integer'], 'i32.lt_u': [0x49, 'none'], 'i32.add': [0x6a, 'none'], 'i32.shl': [0x74, 'none'],
};
const simd: Readonly<Record<string, readonly [code: number, operand: Operand]>> = {
  'v128.load': [0x00, 'memory'], 'v128.load16_splat': [0x08, 'memory'], 'v128.load32_splat': [0x09, 'memory'], 'v128.store': [0x0b, 'memory'], 'v128.const': [0x0c, 'eight lanes'],
  'i16x8.splat': [0x10, 'none'], 'i32x4.splat': [0x11, 'none'], 'i32x4.extract_lane': [0x1b, 'lane'],
  'i32x4.gt_s': [0x3b, 'none'], 'v128.and': [0x4e, 'none'], 'v128.or': [0x50, 'none'], 'v128.load32_lane': [0x56, 'memory and lane'], 'v128.load32_zero': [0x5c, 'memory'],
  'i16x8.shl': [0x8b, 'none'], 'i16x8.shr_u': [0x8d, 'none'], 'i16x8.add': [0x8e, 'none'], 'i16x8.mul': [0x95, 'none'],
  'i32x4.shr_s': [0xac, 'none'], 'i32x4.add': [0xae, 'none'], 'i32x4.mul': [0xb5, 'none'], 'i32x4.min_u': [0xb7, 'none'],
};
/** All accesses name the least alignment, which is a hint alone. */
const UNALIGNED = 0;

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  return [...bytes, rest];
};
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) bytes.push(rest & 0x7f | 0x80);
  return [...bytes, rest & 0x7f];
};
const counted = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const named = (name: string): number[] => sized([...name].map((letter) => letter.charCodeAt(0)));
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];

const assembled = (line: string, locals: readonly string[]): number[] => {
  const [name = '', ...operands] = line.split(/\s+/);
  const number = (i: number): number => {
    const value = Number(operands[i]);
    if (!Number.isInteger(value)) throw new Error(`'${line}' wants a whole number`);
    return value;
  };
  if (name === 'loop') return [0x03, 0x40];
  const [code, operand] = plain[name] ?? simd[name] ?? [NaN, 'none'];
  if (Number.isNaN(code)) throw new Error(`there is no instruction '${line}'`);
  const opcode = name in simd ? [0xfd, ...unsigned(code)] : [code];
  switch (operand) {
    case 'none': return opcode;
    case 'local': {
      const at = locals.indexOf(operands[0]!.slice(1));
      if (at < 0) throw new Error(`'${line}' names no local`);
      return [...opcode, ...unsigned(at)];
    }
    case 'integer': return [...opcode, ...signed(number(0))];
    case 'label': case 'lane': return [...opcode, ...unsigned(number(0))];
    case 'memory': return [...opcode, UNALIGNED, ...unsigned(operands.length > 0 ? number(0) : 0)];
    case 'memory and lane': return [...opcode, UNALIGNED, ...unsigned(number(0)), ...unsigned(number(1))];
    case 'eight lanes': return [...opcode, ...operands.flatMap((_, i) => [number(i) & 0xff, number(i) >> 8])];
  }
};

/** The module's bytes. It imports `env.memory`. Throws an Error that names the line which it does not understand. */
export const wasmModule = (functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> => {
  const bodies = functions.map(({ params, locals, body }) => {
    const names = [...Object.keys(params), ...Object.keys(locals)];
    const lines = body.split('\n').flatMap((line) => line.replace(/\/\/.*/, '').split(';')).map((line) => line.trim()).filter((line) => line !== '');
    return sized([...counted(Object.values(locals).map((type) => [1, types[type]])), ...lines.flatMap((line) => assembled(line, names)), 0x0b]);
  });
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, counted(functions.map(({ params }) => [0x60, ...counted(Object.values(params).map((type) => [types[type]])), 0]))),
    ...section(2, counted([[...named('env'), ...named('memory'), 0x02, 0x00, 0]])),
    ...section(3, counted(functions.map((_, i) => unsigned(i)))),
    ...section(7, counted(functions.map(({ name }, i) => [...named(name), 0x00, ...unsigned(i)]))),
    ...section(10, counted(bodies)),
  ]);
};
