import { assertScalarType, buildSchema, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { SCHEMA_TEXT } from '../generated/schema-text.ts'
import type { AccountView } from '../ports/bank-reader.ts'
import type { AlertRaised } from '../../schemas/index.ts'
import { apiError } from './api-error.ts'
import { mutations } from './mutations.ts'
import { queries } from './queries.ts'
import type { RequestContext } from './request-context.ts'
import { defineScalars } from './scalars.ts'
import type { Resolvers, Services } from './services.ts'
import { subscriptions } from './subscriptions.ts'
import { untilSeen } from '../until-seen.ts'

/** `schema.graphql` with something behind each field. Throws when a root field has no resolver, or a resolver no field. */
export function executableSchema(services: Services): GraphQLSchema {
  const schema = buildSchema(SCHEMA_TEXT)
  defineScalars({ Cents: assertScalarType(schema.getType('Cents')), Timestamp: assertScalarType(schema.getType('Timestamp')) })
  attach(schema.getQueryType(), queries(services), 'resolve')
  attach(schema.getMutationType(), mutations(services), 'resolve')
  attach(schema.getSubscriptionType(), subscriptions(services), 'subscribe')
  attachBelow(schema, services)
  return schema
}

/** What is in the result of a root field only if it is asked for. */
function attachBelow(schema: GraphQLSchema, { ports, reader }: Services): void {
  const account = (schema.getType('Account') as GraphQLObjectType<AccountView> | undefined)?.getFields()['lastTransaction']
  const alert = (schema.getType('Alert') as GraphQLObjectType<AlertRaised> | undefined)?.getFields()['transaction']
  if (account === undefined || alert === undefined) throw new Error('The schema has no Account.lastTransaction or no Alert.transaction.')
  account.resolve = async ({ iban }) => (await reader.transactions(iban, 1))[0] ?? null
  alert.resolve = async ({ transactionId }) => {
    const row = await untilSeen(ports.timers, () => reader.transaction(transactionId))
    if (row === undefined) throw apiError('UNAVAILABLE', 'The transaction of this alert is not known yet: try again.')
    return row
  }
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
    if (field === undefined || resolver === undefined) throw new Error(`${type?.name}.${name} is not both in the schema and resolved.`)
    field[as] = (_source, args, context) => resolver(args as never, context)
  }
}
