/** Byte positions in Kafka's record batch, format v2. */
export const BASE_OFFSET = 0
export const LENGTH = 8
export const LEADER_EPOCH = 12
export const MAGIC = 16
export const CHECKSUM = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const FIRST_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const FIRST_SEQUENCE = 53
export const COUNT = 57
export const RECORDS = 61
/** The length field counts the bytes after itself. */
export const LENGTH_COUNTS_FROM = 12

export const MAGIC_V2 = 2
export const COMPRESSION_MASK = 0x07
/** The broker set the timestamp of all records, to the batch's largest (`message.timestamp.type` is `LogAppendTime`). */
export const APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20

/** Decompressed, a batch may have so many bytes; more would be a decompression bomb. */
export const MAX_DECOMPRESSED_BYTES = 64 << 20
