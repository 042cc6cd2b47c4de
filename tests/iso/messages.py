"""Messages as banks send them; all people and accounts are fictional."""

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def transfer(number=1, payer="victim", payee="mule", amount="1500.00", currency="KZT", more=""):
    """Return one `CdtTrfTxInf`."""
    return f"""
    <CdtTrfTxInf>
      <PmtId><InstrId>i{number}</InstrId><EndToEndId>e{number}</EndToEndId><TxId>t{number}</TxId></PmtId>
      <IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt>
      <Dbtr><Nm>A Fictional Payer</Nm></Dbtr>
      <DbtrAcct><Id><Othr><Id>{payer}</Id></Othr></Id></DbtrAcct>
      <CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>other-bank</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
      <Cdtr><Nm>A Fictional Payee</Nm></Cdtr>
      <CdtrAcct><Id><Othr><Id>{payee}</Id></Othr></Id></CdtrAcct>
      {more}
    </CdtTrfTxInf>"""


def pacs008(*transfers, message_id="m1", count=None, at="2026-03-01T12:00:00+05:00"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{NAMESPACE}pacs.008.001.08"><FIToFICstmrCdtTrf>
    <GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{at}</CreDtTm>
      <NbOfTxs>{len(transfers) if count is None else count}</NbOfTxs></GrpHdr>{"".join(transfers)}
</FIToFICstmrCdtTrf></Document>""".encode()


def camt056(transaction="t1", amount="1500.00", code="FRAD"):
    return f"""<Document xmlns="{NAMESPACE}camt.056.001.08"><FIToFIPmtCxlReq>
    <Assgnmt><Id>case-1</Id></Assgnmt>
    <Undrlyg><TxInf><OrgnlEndToEndId>e1</OrgnlEndToEndId><OrgnlTxId>{transaction}</OrgnlTxId>
      <OrgnlIntrBkSttlmAmt Ccy="KZT">{amount}</OrgnlIntrBkSttlmAmt>
      <CxlRsnInf><Rsn><Cd>{code}</Cd></Rsn><AddtlInf>The client was called.</AddtlInf></CxlRsnInf></TxInf></Undrlyg>
</FIToFIPmtCxlReq></Document>""".encode()
