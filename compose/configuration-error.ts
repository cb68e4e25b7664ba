/** A flag or an environment variable is wrong. The message is written for the person at the command line. */
export class ConfigurationError extends Error {}
