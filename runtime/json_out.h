/* Writing JSON: state, list, features, state.json and the log all print through these few functions, so
 * escaping is right in one place. Strings are bytes: what is not UTF-8 becomes U+FFFD, since Linux paths
 * may hold anything and JSON may not. Reading is spec/json.h.
 */
#ifndef OCIRUN_JSON_OUT_H
#define OCIRUN_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_out {
	FILE *file;
	const char *indent; /* of one level ("  "); NULL: one line without blanks */
	unsigned depth;
	bool comma, value; /* an element came before; a key is waiting for its value */
};

/* Open and close: '{' and '}', '[' and ']'. A key goes before each member of an object. */
void json_out_open(struct json_out *out, char bracket);
void json_out_close(struct json_out *out, char bracket);
void json_out_key(struct json_out *out, const char *key);

void json_out_string(struct json_out *out, const char *text);
void json_out_signed(struct json_out *out, int64_t value);
void json_out_unsigned(struct json_out *out, uint64_t value);
void json_out_bool(struct json_out *out, bool value);
void json_out_null(struct json_out *out);
/* A number with two decimals at most, without needless zeros: 0, 0.5, 12.34. */
void json_out_hundredths(struct json_out *out, double value);

/* A value that is JSON already. */
void json_out_raw(struct json_out *out, const char *json);

/* Key and value in one line. */
void json_out_member(struct json_out *out, const char *key, const char *text);
void json_out_flag(struct json_out *out, const char *key, bool value);

/* The text between quotation marks, escaped, without a document around it (the log's text form). */
void json_out_quote(FILE *file, const char *text);

#endif
