/** Writes ONNX models by hand: its protocol buffers, as far as a few nodes need them (onnx/onnx.proto, opset 13). */
export interface OnnxNode {
  op: string;
  inputs: string[];
  output: string;
  /** Whole-number attributes. */
  attributes?: Record<string, number>;
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  /** Constants of the graph. */
  constants: Record<string, { dims: number[]; values: Float32Array | BigInt64Array }>;
  /** Names of int64 inputs of two free dimensions. */
  inputs: string[];
  /** A float output, with one name or number for each dimension. */
  output: { name: string; dims: (string | number)[] };
}

export function writeOnnx(graph: OnnxGraph): Buffer {
  return message([
    [1, 8],
    [7, graphProto(graph)],
    [
      8,
      message([
        [1, ''],
        [2, 13],
      ]),
    ],
  ]);
}

const elementType = { float: 1, int64: 7 } as const;

function graphProto({ nodes, constants, inputs, output }: OnnxGraph): Buffer {
  return message([
    ...nodes.map((node): Field => [1, nodeProto(node)]),
    [2, 'graph'],
    ...Object.entries(constants).map(([name, { dims, values }]): Field => [
      5,
      message([
        ...dims.map((dim): Field => [1, dim]),
        [2, values instanceof Float32Array ? elementType.float : elementType.int64],
        [8, name],
        [9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)],
      ]),
    ]),
    ...inputs.map((name): Field => [11, valueInfo(name, elementType.int64, ['batch', 'length'])]),
    [12, valueInfo(output.name, elementType.float, output.dims)],
  ]);
}

function nodeProto({ op, inputs, output, attributes = {} }: OnnxNode): Buffer {
  const int = 2;
  return message([
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [3, output],
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [
      5,
      message([
        [1, name],
        [3, value],
        [20, int],
      ]),
    ]),
  ]);
}

function valueInfo(name: string, type: number, dims: readonly (string | number)[]): Buffer {
  const shape = message(dims.map((dim): Field => [1, message([[typeof dim === 'number' ? 1 : 2, dim]])]));
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, type],
            [2, shape],
          ]),
        ],
      ]),
    ],
  ]);
}

/** A whole number, or bytes with their length. */
type Field = [number: number, value: number | string | Buffer];

function message(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)];
      const bytes = Buffer.from(value);
      return [varint((number << 3) | 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
