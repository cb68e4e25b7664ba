import { Kind, type GraphQLScalarType, type ValueNode } from 'graphql'
import { apiError } from './api-error.ts'

const CENTS = /^-?\d{1,18}$/
/** The last moment a JavaScript date can hold. */
const LAST_MOMENT = 8_640_000_000_000_000

/** Gives the schema's own scalars their meaning: `Cents` is a bigint here and decimal text on the wire, `Timestamp` a number. */
export function defineScalars({ Cents, Timestamp }: { readonly Cents: GraphQLScalarType; readonly Timestamp: GraphQLScalarType }): void {
  Cents.serialize = (value) => String(value)
  Cents.parseValue = parseCents
  Cents.parseLiteral = (node) => parseCents(literalOf(node))
  Timestamp.serialize = (value) => value
  Timestamp.parseValue = parseTimestamp
  Timestamp.parseLiteral = (node) => parseTimestamp(node.kind === Kind.INT ? Number(node.value) : undefined)
}

/** JSON numbers are refused: they are exact only up to 2^53, and a page that sends one would find out too late. */
function parseCents(value: unknown): bigint {
  if (typeof value === 'string' && CENTS.test(value)) return BigInt(value)
  throw apiError('BAD_USER_INPUT', 'Cents are a whole number of at most 18 digits, as text.')
}

function parseTimestamp(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= LAST_MOMENT) return value
  throw apiError('BAD_USER_INPUT', 'A timestamp is a whole number of milliseconds since the epoch.')
}

function literalOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined
}
