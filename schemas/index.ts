/**
 * The bank's records and their encoding. A *record* is a command, an event, an outcome or a view, described by an Avro schema in `avsc/` and
 * by the type generated from it. The *registry* assigns ids to schemas and rejects a version that cannot read its predecessor's records.
 * The *codec* encodes records in Confluent's wire format and decodes those of every registered version.
 */
export type * from './generated/records.ts'
export { RecordCodec, SchemaNotLoadedError, UnreadableRecordError } from './record-codec.ts'
export type { RecordSerde } from './record-codec.ts'
export { bundledSchemas, RECORD_NAMES } from './bundled-schemas.ts'
export type { RecordName, SubjectSchema, SubjectsOf } from './bundled-schemas.ts'
export { EmbeddedRegistry } from './embedded-registry.ts'
export type { RegistryStorage } from './embedded-registry.ts'
export { ConfluentRegistry } from './confluent-registry.ts'
export type { ConfluentRegistryOptions } from './confluent-registry.ts'
export { IncompatibleSchemaError, RegistryUnreachableError, UnknownSchemaError } from './registry.ts'
export type { SchemaRegistry } from './registry.ts'
