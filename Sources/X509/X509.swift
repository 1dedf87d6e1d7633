// X509: certificates over the received bytes.
