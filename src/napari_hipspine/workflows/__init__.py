"""Order: which room does its part when. Both faces and the cluster come through here."""
