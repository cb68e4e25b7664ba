/**
 * The records of the bank and their bytes. A *record* is a command, an event, an outcome or a view, described by an Avro schema in
 * `avsc/` and by the type generated from it. The *registry* gives schemas ids and refuses a version that could not read its
 * predecessor's bytes. The *codec* turns records into Confluent's wire format and reads what any version wrote.
 */
export type * from './generated/records.ts'
export { RecordCodec, SchemaNotLoadedError, UnreadableRecordError } from './record-codec.ts'
export type { RecordSerde } from './record-codec.ts'
export { bundledSchemas } from './bundled-schemas.ts'
export type { RecordName, SubjectSchema, SubjectsOf } from './bundled-schemas.ts'
export { EmbeddedRegistry } from './embedded-registry.ts'
export type { RegistryStorage } from './embedded-registry.ts'
export { ConfluentRegistry } from './confluent-registry.ts'
export type { ConfluentRegistryOptions } from './confluent-registry.ts'
export { IncompatibleSchemaError, RegistryUnreachableError, UnknownSchemaError } from './registry.ts'
export type { SchemaRegistry } from './registry.ts'
