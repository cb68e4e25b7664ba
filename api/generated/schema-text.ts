/** Generated from api/schema.graphql by api/generate-schema-text.ts: not to be edited. */
export const SCHEMA_TEXT = `"Euro cents as a decimal string: amounts go beyond 2^53."
scalar Cents
"Milliseconds since the epoch."
scalar Timestamp

enum Direction {
  DEBIT
  CREDIT
}
enum TransferState {
  PENDING
  COMPLETED
  FAILED
  STUCK
}
enum Role {
  CLIENT
  EMPLOYEE
}
enum WindowSize {
  MINUTE
  HOUR
  DAY
}
enum AlertKind {
  BALANCE_BELOW
  AMOUNT_ABOVE
  COUNTERPARTY_NEW
  MANY_DEBITS
}
enum InstanceState {
  STARTING
  REBALANCING
  RESTORING
  RUNNING
  STOPPED
  DEAD
}
enum TaskState {
  RESTORING
  RUNNING
  STANDBY
}

type Query {
  me: Session
  transaction(id: ID!): Transaction
  "Newest first; \`before\` is a transaction id to page on from."
  transactions(iban: String!, last: Int = 10, before: ID): [Transaction!]!
  "The last transaction of each account, newest first, with paging by account; employees only."
  lastTransactions(search: String, first: Int = 20, offset: Int = 0): LastTransactionPage!
  account(iban: String!): Account
  myAccounts: [Account!]!
  balanceAt(iban: String!, at: Timestamp!): Cents
  "Rows between two moments, oldest first, with the balance before the first and after the last."
  statement(iban: String!, from: Timestamp!, to: Timestamp!): Statement!
  "Without an iban: bank-wide (employees only)."
  turnover(iban: String, window: WindowSize!, last: Int = 24): [TurnoverWindow!]!
  transfer(id: ID!): Transfer
  stuckTransfers: [Transfer!]!
  lateTransfers: [Transfer!]!
  deadLetters(last: Int = 50): [DeadLetter!]!
  topology: TopologyGraph!
  instances: [Instance!]!
  rebalances(last: Int = 50): [Rebalance!]!
}

type Mutation {
  signUp(username: String!, password: String!): SignInResult!
  signIn(username: String!, password: String!): SignInResult!
  signOut: Boolean!
  "The id (a UUID) makes it safe to ask again: the same id gets the same account. Without one, each request opens another."
  openAccount(id: ID): AccountResult!
  addOwner(iban: String!, username: String!): CommandResult!
  removeOwner(iban: String!): CommandResult!
  "The id (a UUID) is the client's: the same id sent again gets the first answer again."
  transfer(id: ID!, from: String!, to: String!, amount: Cents!, description: String!): TransferResult!
  deposit(id: ID!, to: String!, amount: Cents!): TransferResult!
  updateAlertSettings(iban: String!, settings: AlertSettingsInput!): CommandResult!
  "Embedded broker only; employees."
  addInstance: Instance!
  stopInstance(id: ID!): Boolean!
  killInstance(id: ID!): Boolean!
}

type Subscription {
  "Begins with the newest rows (or those after \`after\`) and goes on without a gap or a double row."
  transactions(
    iban: String!
    minAmount: Cents
    maxAmount: Cents
    direction: Direction
    descriptionIncludes: String
    last: Int = 10
    after: ID
  ): Transaction!
  "Each step until the end. A transfer that is not there yet is waited for."
  transfer(id: ID!): Transfer!
  "Of one's own accounts, beginning with the last day's; employees: of all."
  alerts: Alert!
  lastTransactions(search: String): LastTransaction!
  topologyMetrics: TopologyMetrics!
  instances: [Instance!]!
}

type Session {
  username: String!
  role: Role!
}
type SignInResult {
  session: Session
  reason: String
}
type CommandResult {
  succeeded: Boolean!
  pending: Boolean!
  reason: String
  code: String
}
type AccountResult {
  account: Account
  pending: Boolean!
  reason: String
  code: String
}
type TransferResult {
  transfer: Transfer
  pending: Boolean!
  reason: String
  code: String
}

type Transaction {
  id: ID!
  iban: String!
  "Signed change of the balance is amount with the direction's sign; the amount itself is positive."
  amount: Cents!
  direction: Direction!
  newBalance: Cents!
  changedBy: String!
  counterparty: String!
  description: String!
  time: Timestamp!
  transferId: ID
  "Place in the account's history, from 1, without gaps."
  sequence: Int!
}

type Account {
  iban: String!
  balance: Cents!
  limit: Cents!
  owners: [String!]!
  alertSettings: AlertSettings
  lastTransaction: Transaction
}
type AlertSettings {
  balanceBelow: Cents
  amountAbove: Cents
  counterpartyNew: Boolean!
  debitsInFiveMinutes: Int
}
input AlertSettingsInput {
  balanceBelow: Cents
  amountAbove: Cents
  counterpartyNew: Boolean! = false
  debitsInFiveMinutes: Int
}
type Alert {
  id: ID!
  iban: String!
  kind: AlertKind!
  text: String!
  transaction: Transaction!
  time: Timestamp!
}
type LastTransactionPage {
  total: Int!
  rows: [LastTransaction!]!
}
type LastTransaction {
  iban: String!
  owners: [String!]!
  transaction: Transaction
}
type Statement {
  iban: String!
  openingBalance: Cents!
  closingBalance: Cents!
  rows: [Transaction!]!
}
type TurnoverWindow {
  start: Timestamp!
  end: Timestamp!
  debits: Cents!
  credits: Cents!
  count: Int!
}

type Transfer {
  id: ID!
  from: String!
  to: String!
  amount: Cents!
  description: String!
  state: TransferState!
  reason: String
  code: String
  startedAt: Timestamp!
  endedAt: Timestamp
  "The way the transfer took so far, for the page that shows it."
  steps: [TransferStep!]!
}
type TransferStep {
  name: String!
  time: Timestamp!
}

type DeadLetter {
  id: ID!
  topic: String!
  partition: Int!
  offset: Float!
  reason: String!
  time: Timestamp!
  key: String
}

type TopologyGraph {
  description: String!
  subtopologies: [Subtopology!]!
}
type Subtopology {
  id: Int!
  nodes: [GraphNode!]!
}
type GraphNode {
  id: ID!
  name: String!
  kind: String!
  topics: [String!]!
  stores: [String!]!
  children: [ID!]!
}
type TopologyMetrics {
  time: Timestamp!
  nodes: [NodeMetrics!]!
  transfersPerSecond: Float!
  p50Ms: Float
  p99Ms: Float
  lag: Int!
  booksBalanced: Boolean
}
type NodeMetrics {
  id: ID!
  recordsPerSecond: Float!
  lag: Int!
}
type Instance {
  id: ID!
  state: InstanceState!
  tasks: [Task!]!
}
type Task {
  id: String!
  state: TaskState!
  lag: Int!
}
type Rebalance {
  time: Timestamp!
  generation: Int!
  reason: String!
  moved: [String!]!
}
`
