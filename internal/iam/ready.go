package iam

import "strconv"

// reading is the statement that ReadOnly and Buyer share. It names each of the
// five operations on offerings that change nothing, so that no old key grants an
// operation that is added later.
const reading = `{
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "devicefarm:GetAccountSettings",
        "devicefarm:GetOfferingStatus",
        "devicefarm:ListOfferingPromotions",
        "devicefarm:ListOfferingTransactions",
        "devicefarm:ListOfferings"
      ],
      "Resource": "*"
    }`

// ReadOnly returns the document of a policy that allows reading what is for
// sale and what the account holds.
func ReadOnly() []byte { return ready(reading) }

// Buyer returns the document of a policy that allows what ReadOnly allows, and
// purchases and renewals of at most maxQuantity slots each. It limits each
// request, not the total of a month; the limits of the account do that. A
// renewal to 0 is allowed too, so a buyer may cancel.
func Buyer(maxQuantity int) []byte {
	return ready(reading + `,
    {
      "Sid": "Buy",
      "Effect": "Allow",
      "Action": ["devicefarm:PurchaseOffering", "devicefarm:RenewOffering"],
      "Resource": "*",
      "Condition": {"NumericLessThanEquals": {"slotfarm:Quantity": "` + strconv.Itoa(maxQuantity) + `"}}
    }`)
}

// Customer returns the document of a policy that allows the whole Device Farm API.
func Customer() []byte {
	return ready(`{
      "Sid": "Use",
      "Effect": "Allow",
      "Action": "devicefarm:*",
      "Resource": "*"
    }`)
}

// Operator returns the document of a policy that allows everything: the Device
// Farm API and slotfarm's own.
func Operator() []byte {
	return ready(`{
      "Sid": "Operate",
      "Effect": "Allow",
      "Action": ["devicefarm:*", "slotfarm:*"],
      "Resource": "*"
    }`)
}

func ready(statements string) []byte {
	return []byte(`{
  "Version": "2012-10-17",
  "Statement": [
    ` + statements + `
  ]
}
`)
}
