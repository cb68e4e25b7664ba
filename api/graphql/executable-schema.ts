import { assertScalarType, buildSchema, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import type { AccountView } from '../../processors/index.ts'
import type { AlertRaised, TransferStep } from '../../schemas/index.ts'
import { SCHEMA_TEXT } from '../generated/schema-text.ts'
import type { GraphNode } from '../ports/cluster.ts'
import { apiError } from './api-error.ts'
import { refuseLongTexts } from './arguments.ts'
import { mutations } from './mutations.ts'
import { nodeKind } from './node-kind.ts'
import { queries } from './queries.ts'
import type { RequestContext } from './request-context.ts'
import { defineScalars } from './scalars.ts'
import type { Resolvers, Services } from './services.ts'
import { subscriptions } from './subscriptions.ts'
import { transferStepName } from './transfer-steps.ts'
import { untilSeen } from '../until-seen.ts'

/** `schema.graphql` with its resolvers. Throws when a root field has no resolver, or a resolver no root field. */
export function executableSchema(services: Services): GraphQLSchema {
  const schema = buildSchema(SCHEMA_TEXT)
  defineScalars({ Cents: assertScalarType(schema.getType('Cents')), Timestamp: assertScalarType(schema.getType('Timestamp')) })
  attach(schema.getQueryType(), queries(services), 'resolve')
  attach(schema.getMutationType(), mutations(services), 'resolve')
  attach(schema.getSubscriptionType(), subscriptions(services), 'subscribe')
  attachBelow(schema, services)
  return schema
}

/** Fields that are not properties of the root field's result: read only if they are selected, or mapped to an enum of the schema. */
function attachBelow(schema: GraphQLSchema, { ports, reader }: Services): void {
  fieldOf<AccountView>(schema, 'Account', 'lastTransaction').resolve = async ({ iban }) => (await reader.transactions(iban, 1))[0] ?? null
  fieldOf<AlertRaised>(schema, 'Alert', 'transaction').resolve = async ({ transactionId }) => {
    const row = await untilSeen(ports.timers, () => reader.transaction(transactionId))
    if (row === undefined) throw apiError('UNAVAILABLE', 'The transaction of this alert cannot be read yet: try again.')
    return row
  }
  fieldOf<TransferStep>(schema, 'TransferStep', 'name').resolve = ({ name }) => transferStepName(name)
  fieldOf<GraphNode>(schema, 'GraphNode', 'kind').resolve = ({ kind }) => nodeKind(kind)
}

function fieldOf<Source>(schema: GraphQLSchema, type: string, name: string): GraphQLField<Source, RequestContext> {
  const field = (schema.getType(type) as GraphQLObjectType<Source, RequestContext> | undefined)?.getFields()[name]
  if (field === undefined) throw new Error(`The schema has no field ${type}.${name}, for which there is a resolver.`)
  return field
}

function attach(
  type: GraphQLObjectType<unknown, RequestContext> | null | undefined,
  resolvers: Resolvers,
  as: 'resolve' | 'subscribe',
): void {
  const fields = type?.getFields() ?? {}
  const names = new Set([...Object.keys(fields), ...Object.keys(resolvers)])
  for (const name of names) {
    const [field, resolver] = [fields[name], resolvers[name]]
    if (field === undefined || resolver === undefined)
      throw new Error(`${type?.name}.${name} is only in the schema or only among the resolvers: add the other.`)
    field[as] = (_source, args: Readonly<Record<string, unknown>>, context) => {
      refuseLongTexts(args)
      return resolver(args as never, context)
    }
  }
}
