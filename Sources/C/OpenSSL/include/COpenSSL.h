/* The system's OpenSSL 3, for MartletCrypto alone. */
#ifndef MARTLET_COPENSSL_H
#define MARTLET_COPENSSL_H
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* Macros of OpenSSL, as constants and functions that Swift can use. */
static const uint64_t martlet_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t martlet_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t martlet_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const int martlet_bio_retry_flags = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY;
static inline void martlet_on_server_name(SSL_CTX *context, int (*choose)(SSL *, int *, void *),
                                          void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, choose);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}
static inline int martlet_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) &&
           SSL_CTX_set_max_proto_version(context, highest);
}
static inline int martlet_set_server_name(SSL *tls, const char *name) {
    return (int)SSL_set_tlsext_host_name(tls, name);
}
static inline int martlet_certificate_count(const STACK_OF(X509) *stack) {
    return stack ? sk_X509_num(stack) : 0;
}
static inline X509 *martlet_certificate_at(const STACK_OF(X509) *stack, int index) {
    return sk_X509_value(stack, index);
}
static inline STACK_OF(X509) *martlet_certificate_stack(void) { return sk_X509_new_null(); }
/* Takes the certificate over. */
static inline int martlet_certificate_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}
static inline void martlet_certificate_stack_free(STACK_OF(X509) *stack) {
    sk_X509_pop_free(stack, X509_free);
}
/* AES-256 in CBC mode and HMAC with SHA-256, for tickets (RFC 5077 §4). */
static inline int martlet_prepare_ticket(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                                         const unsigned char *cipher_key,
                                         const unsigned char *mac_key, size_t mac_key_length,
                                         const unsigned char *iv, int seals) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)mac_key, mac_key_length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) &&
           EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, cipher_key, iv, seals);
}
#endif
