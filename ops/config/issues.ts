import type { z } from 'zod';

const THINGS: Readonly<Record<string, string>> = {
  number: 'a number', int: 'a whole number', string: 'a text', boolean: 'true or false', array: 'one or more of them', record: 'names with values', object: 'an object of settings',
};

/** What is wrong with a value, for a person: the library's own words speak of types. */
export const textOfIssue = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_type' && /^Invalid input: expected /.test(issue.message)) return `give ${THINGS[issue.expected] ?? `a value of type ${issue.expected}`}`;
  if (issue.code === 'too_small' && issue.origin !== 'string' && issue.origin !== 'array' && /^Too small/.test(issue.message)) return `give ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin !== 'string' && issue.origin !== 'array' && /^Too big/.test(issue.message)) return `give ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
  if (issue.code === 'invalid_value' && /^Invalid option/.test(issue.message)) return `give one of ${issue.values.join(', ')}`;
  return issue.message;
};
