"""Who works with the shop: logins and their second proof, invitations, who is known elsewhere, keys of machines."""
