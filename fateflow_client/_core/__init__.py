"""How a call becomes bytes and bytes become a result. Private: nothing here is promised."""
