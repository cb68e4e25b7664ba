interface Base64 {
  readonly $base64: string
}

/** JSON of plain data with `Uint8Array`s in it. */
export function bytesToJson(value: unknown): string {
  return JSON.stringify(wrapped(value))
}

/** Throws `SyntaxError`. */
export function bytesFromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => (isBase64(value) ? Buffer.from(value.$base64, 'base64') : value))
}

/** A copy with bytes as base64. A replacer of `JSON.stringify` would be too late: it calls `Buffer.toJSON` first. */
function wrapped(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { $base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } satisfies Base64
  }
  if (Array.isArray(value)) return value.map(wrapped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, wrapped(field)]))
}

function isBase64(value: unknown): value is Base64 {
  return typeof value === 'object' && value !== null && '$base64' in value && typeof value.$base64 === 'string'
}
