/** Writes Kafka's primitive types. Compact types, used by flexible versions (KIP-482), begin with their length plus one as a varint. */
export class Writer {
  #bytes: Buffer
  #end = 0

  /** `sizeInBytes`: expected size; the buffer grows if it is too small. */
  constructor(sizeInBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(sizeInBytes)
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  int8(value: number): this {
    const at = this.#take(1)
    this.#bytes.writeInt8(value, at)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  int16(value: number): this {
    const at = this.#take(2)
    this.#bytes.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#take(4)
    this.#bytes.writeInt32BE(value, at)
    return this
  }

  int64(value: number): this {
    const at = this.#take(8)
    this.#bytes.writeBigInt64BE(BigInt(value), at)
    return this
  }

  uvarint(value: number): this {
    let rest = value
    while (rest > 127) {
      this.#byte((rest & 127) | 128)
      rest >>>= 7
    }
    this.#byte(rest)
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const text = Buffer.from(value, 'utf8')
    return this.int16(text.length).raw(text)
  }

  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0)
    const text = Buffer.from(value, 'utf8')
    return this.uvarint(text.length + 1).raw(text)
  }

  byteArray(value: Uint8Array): this {
    return this.int32(value.length).raw(value)
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.uvarint(items.length + 1)
    for (const item of items) write(item)
    return this
  }

  /** An empty section of tagged fields. */
  noTags(): this {
    return this.uvarint(0)
  }

  /** Takes what `Reader.uuid` returns. */
  uuid(id: string): this {
    return this.raw(Buffer.from(id, 'hex'))
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  #byte(value: number): void {
    const at = this.#take(1)
    this.#bytes[at] = value
  }

  #take(size: number): number {
    const at = this.#end
    this.#end += size
    if (this.#end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }
}

/** Reads what `Writer` writes. An int64 becomes a double. Throws `RangeError` where the bytes end too early. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#skip(8)))
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#skip(1))
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }

  string(): string | null {
    return this.#text(this.int16())
  }

  text(): string {
    return this.string() ?? ''
  }

  compactString(): string | null {
    return this.#text(this.uvarint() - 1)
  }

  /** A view, not a copy. Null reads as empty. */
  byteArray(): Buffer {
    return this.#view(Math.max(0, this.int32()))
  }

  /** A view, not a copy. Null reads as empty. */
  compactBytes(): Buffer {
    return this.#view(Math.max(0, this.uvarint() - 1))
  }

  uuid(): string {
    return this.#view(16).toString('hex')
  }

  /** Null reads as empty. */
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read)
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.uvarint() - 1, read)
  }

  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.#skip(this.uvarint())
    }
  }

  /** Reads a section of tagged fields. */
  tags(read: (tag: number, field: Reader) => void): void {
    for (let count = this.uvarint(); count > 0; count--) {
      const tag = this.uvarint()
      read(tag, new Reader(this.#view(this.uvarint())))
    }
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = []
    for (let left = count; left > 0; left--) items.push(read())
    return items
  }

  #text(length: number): string | null {
    return length < 0 ? null : this.#view(length).toString('utf8')
  }

  #view(length: number): Buffer {
    const at = this.#skip(length)
    if (this.#at > this.#bytes.length) throw new RangeError(`The bytes end at ${this.#bytes.length}, within a field of ${length} bytes.`)
    return this.#bytes.subarray(at, at + length)
  }

  #skip(size: number): number {
    const at = this.#at
    this.#at += size
    return at
  }
}
